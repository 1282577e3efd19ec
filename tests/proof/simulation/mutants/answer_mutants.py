"""Bugs in what is made of AWS's answers: permanent or passing, whole or in pages, fresh or old."""

from typing import Final

from saga_orchestrator.adapters import aws_errors
from saga_orchestrator.adapters.counters.counter_table import CounterTable
from saga_orchestrator.adapters.rejected_events import RejectedEvents, object_key, place_of
from saga_orchestrator.adapters.saga_store import DynamoDbSagaStore
from saga_orchestrator.adapters.targets.event_bus import _chunks, _fate
from saga_orchestrator.application import sendable
from tests.proof.simulation.faults.code_edits import Mutant, edit

_LISTED: Final = '{"ThrottlingException", "ProvisionedThroughputExceededException", "InternalServerError", "SlowDown"}'

ANSWER_MUTANTS: Final = (
    Mutant(
        "unlisted answer taken for permanent",
        "L4",
        edit(aws_errors.is_permanent, "code_of(error) in PERMANENT", f"code_of(error) not in {_LISTED}"),
    ),
    Mutant(
        "server's failure with a client's code taken for permanent",
        "L4",
        edit(aws_errors.is_permanent, " and status < 500 and status != 429", ""),
    ),
    Mutant(
        "unlisted fate of an entry taken for permanent",
        "L4",
        edit(_fate, 'answer.get("ErrorCode") in PERMANENT_ENTRIES', 'answer.get("ErrorCode") != "InternalFailure"'),
    ),
    Mutant(
        "a 200 that is no answer taken for kept",
        "L4c",
        edit(
            RejectedEvents.keep,
            'part_of(self.s3.put_object(Bucket=self.bucket, Key=key, Body=content), "ETag")',
            "self.s3.put_object(Bucket=self.bucket, Key=key, Body=content)",
        ),
    ),
    Mutant(
        "answer that cannot be parsed taken for permanent",
        "L4",
        edit(aws_errors._passing, "isinstance(error, _NO_ANSWER)", "isinstance(error, BotoCoreError | OSError)"),
    ),
    Mutant(
        "checker reads the first page",
        "S20c",
        edit(DynamoDbSagaStore.due, 'if "LastEvaluatedKey" not in page:', "if True:"),
    ),
    Mutant(
        "counter shards that were not read taken for empty",
        "S7",
        edit(CounterTable.batch, 'if reply.get("UnprocessedKeys"):', "if False:"),
    ),
    Mutant(
        "saga read without consistency",
        "S5d",
        edit(DynamoDbSagaStore.get, "ConsistentRead=True", "ConsistentRead=False"),
    ),
    Mutant(
        "create sent again whatever has become of its saga",
        "S5d",
        edit(sendable._may_go_again, "return not begins or", "return True or"),
    ),
    Mutant(
        "eleven messages in one bus call",
        "S18",
        edit(_chunks, "len(chunks[-1]) == MAX_ENTRIES", "len(chunks[-1]) == MAX_ENTRIES + 1"),
    ),
    Mutant(
        "rejected event kept under its position alone",
        "L4d",
        edit(object_key, "sha256(content).hexdigest()[:16]", '"bytes"'),
    ),
    Mutant(
        "clusters not told apart",
        "L4e",
        edit(place_of, 'yield sha256(str(value).encode(errors="surrogatepass")).hexdigest()[:12]', 'yield "kafka"'),
    ),
    Mutant(
        "rejected event kept anew at each delivery",
        "L4e",
        edit(object_key, "sha256(content).hexdigest()[:16]", "hex(id(content))"),
    ),
)
