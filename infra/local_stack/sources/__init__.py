"""What feeds functions: Kafka topics, the table's stream, SQS queues, EventBridge rules and schedules, each with the
batching, retries and failures of its event source mapping.
"""

from local_stack.sources.eventbridge import RuleDelivery
from local_stack.sources.kafka_broker import KafkaBroker, broker_for
from local_stack.sources.kafka_mapping import KafkaPoller
from local_stack.sources.mapping_config import KafkaMapping, QueueMapping, StreamMapping, mapping_of
from local_stack.sources.queue_mapping import QueuePoller
from local_stack.sources.schedule import Schedule, Ticker, schedule_of
from local_stack.sources.stream_mapping import StreamPoller

__all__ = [
    "KafkaBroker",
    "KafkaMapping",
    "KafkaPoller",
    "QueueMapping",
    "QueuePoller",
    "RuleDelivery",
    "Schedule",
    "StreamMapping",
    "StreamPoller",
    "Ticker",
    "broker_for",
    "mapping_of",
    "schedule_of",
]
