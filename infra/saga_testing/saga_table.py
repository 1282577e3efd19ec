"""The tables as template.yaml declares them, for every stand-in that creates them."""

from typing import Any, Final

SAGA_TABLE: Final[dict[str, Any]] = {
    "TableName": "sagas",
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [
        {"AttributeName": "execution_id", "KeyType": "HASH"},
        {"AttributeName": "saga_name", "KeyType": "RANGE"},
    ],
    "AttributeDefinitions": [
        {"AttributeName": "execution_id", "AttributeType": "S"},
        {"AttributeName": "saga_name", "AttributeType": "S"},
        {"AttributeName": "deadline_shard", "AttributeType": "N"},
        {"AttributeName": "deadline", "AttributeType": "N"},
        {"AttributeName": "mark", "AttributeType": "S"},
        {"AttributeName": "mark_at", "AttributeType": "N"},
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "deadlines",
            "KeySchema": [
                {"AttributeName": "deadline_shard", "KeyType": "HASH"},
                {"AttributeName": "deadline", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        },
        {
            "IndexName": "marks",
            "KeySchema": [
                {"AttributeName": "mark", "KeyType": "HASH"},
                {"AttributeName": "mark_at", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        },
    ],
    "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
}

BY_OWNER: Final[dict[str, Any]] = {
    "IndexName": "owner",
    "KeySchema": [{"AttributeName": "owner", "KeyType": "HASH"}, {"AttributeName": "created", "KeyType": "RANGE"}],
    "Projection": {"ProjectionType": "KEYS_ONLY"},
}
"""Where OwnerIndex asks for it."""
SAGA_TABLE_BY_OWNER: Final[dict[str, Any]] = {
    **SAGA_TABLE,
    "AttributeDefinitions": [
        *SAGA_TABLE["AttributeDefinitions"],
        {"AttributeName": "owner", "AttributeType": "S"},
        {"AttributeName": "created", "AttributeType": "N"},
    ],
    "GlobalSecondaryIndexes": [*SAGA_TABLE["GlobalSecondaryIndexes"], BY_OWNER],
}

OPERATOR_TABLE: Final[dict[str, Any]] = {
    "TableName": "operator",
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ],
    "AttributeDefinitions": [
        {"AttributeName": "pk", "AttributeType": "S"},
        {"AttributeName": "sk", "AttributeType": "S"},
        {"AttributeName": "kind", "AttributeType": "S"},
        {"AttributeName": "at", "AttributeType": "S"},
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by_time",
            "KeySchema": [
                {"AttributeName": "kind", "KeyType": "HASH"},
                {"AttributeName": "at", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
}
