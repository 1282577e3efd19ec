"""The sagas' table, written as the functions write it."""

import random
import time

from saga_orchestrator.adapters.saga_store import DynamoDbSagaStore
from saga_orchestrator.domain.policy import Policy
from sagactl.deployment import Deployment


def store_of(stack: Deployment, policy: Policy) -> DynamoDbSagaStore:
    """`policy` says what a slot may be taken of: who takes none needs no stack's policy."""
    return DynamoDbSagaStore.on_table(
        stack.client("dynamodb"), stack.table, "deadlines", policy, random.Random(), time.sleep
    )
