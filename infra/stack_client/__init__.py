"""What a program beside the stack needs: its own subscription on the bus, two ways for its events, a life as a child.

The local worker, the local participant and the demo's observer are made with it. It knows no stack and no engine.
"""

from stack_client.access import StackAccess
from stack_client.child_program import ChildProgram, NotStartedError
from stack_client.program_life import tell_starter, told_to_stop, wait_for
from stack_client.publishers import (
    EventBridgePublisher,
    EventPublisher,
    KafkaPublisher,
    NotPublishedError,
    OutgoingEvent,
    RoutedPublisher,
    Transport,
    alternating,
    publish_until_accepted,
)
from stack_client.subscription import Delivery, Subscription, commands_of_the_orchestrator, subscription

__all__ = [
    "ChildProgram",
    "Delivery",
    "EventBridgePublisher",
    "EventPublisher",
    "KafkaPublisher",
    "NotPublishedError",
    "NotStartedError",
    "OutgoingEvent",
    "RoutedPublisher",
    "StackAccess",
    "Subscription",
    "Transport",
    "alternating",
    "commands_of_the_orchestrator",
    "publish_until_accepted",
    "subscription",
    "tell_starter",
    "told_to_stop",
    "wait_for",
]
