"""The saga table as template.yaml declares it, for every stand-in that creates one."""

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
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "deadlines",
            "KeySchema": [
                {"AttributeName": "deadline_shard", "KeyType": "HASH"},
                {"AttributeName": "deadline", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        }
    ],
    "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
}
