"""What holds data: table, bucket, queues, bus. Encryption, expiry, who may send, what survives a deleted stack."""

from typing import Any

import pytest

from saga_testing.saga_table import OPERATOR_TABLE, SAGA_TABLE, SAGA_TABLE_BY_OWNER
from tests.release.template.deployment import STACK, deploy

KEY = {"EncryptionKeyArn": "arn:aws:kms:eu-central-1:123456789012:key/abc"}
queues = pytest.mark.parametrize("queue", ["RejectedQueue", "RuleDeadLetterQueue"])


def table(parameters: dict[str, str] | None = None) -> dict[str, Any]:
    return dict(deploy(parameters).properties["SagaTable"])


def test_keys_are_execution_and_saga() -> None:
    assert table()["KeySchema"] == [
        {"AttributeName": "execution_id", "KeyType": "HASH"},
        {"AttributeName": "saga_name", "KeyType": "RANGE"},
    ]


def test_the_indexes_hold_keys_only() -> None:
    indexes = table()["GlobalSecondaryIndexes"]
    keys = {index["IndexName"]: [key["AttributeName"] for key in index["KeySchema"]] for index in indexes}

    assert keys == {"deadlines": ["deadline_shard", "deadline"], "marks": ["mark", "mark_at"]}
    assert [index["Projection"] for index in indexes] == [{"ProjectionType": "KEYS_ONLY"}] * 2


@pytest.mark.parametrize(
    ("parameters", "created"), [({}, SAGA_TABLE), ({"OwnerIndex": "true"}, SAGA_TABLE_BY_OWNER)], ids=["", "by owner"]
)
def test_the_table_is_what_the_kit_creates(parameters: dict[str, str], created: dict[str, Any]) -> None:
    declared = table(parameters)

    for name in ("KeySchema", "AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes"):
        assert declared[name] == created[name]


def test_attributes_have_the_types_that_the_code_writes() -> None:
    types = {each["AttributeName"]: each["AttributeType"] for each in table()["AttributeDefinitions"]}

    assert types == {
        "execution_id": "S",
        "saga_name": "S",
        "deadline_shard": "N",
        "deadline": "N",
        "mark": "S",
        "mark_at": "N",
    }


def test_the_code_reads_the_index_that_exists() -> None:
    deployed = deploy()
    variables = deployed.properties["TimeoutCheckerFunction"]["Environment"]["Variables"]

    assert variables["DEADLINE_INDEX"] == table()["GlobalSecondaryIndexes"][0]["IndexName"]


def operator_table(parameters: dict[str, str] | None = None) -> dict[str, Any]:
    return dict(deploy(parameters).properties["OperatorTable"])


def test_the_operators_table_is_what_the_kit_creates() -> None:
    declared = operator_table()

    for name in ("KeySchema", "AttributeDefinitions", "BillingMode"):
        assert declared[name] == OPERATOR_TABLE[name]
    assert declared["GlobalSecondaryIndexes"] == OPERATOR_TABLE["GlobalSecondaryIndexes"]
    assert "StreamSpecification" not in declared
    assert declared["TimeToLiveSpecification"] == {"AttributeName": "expires", "Enabled": True}


def test_the_functions_are_told_the_operators_table() -> None:
    variables = deploy().properties["CommandRelayFunction"]["Environment"]["Variables"]

    assert variables["OPERATOR_TABLE"] == "<OperatorTable>"


def test_the_stream_carries_both_images() -> None:
    assert table()["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}


def test_items_expire_by_expires() -> None:
    assert table()["TimeToLiveSpecification"] == {"AttributeName": "expires", "Enabled": True}


@pytest.mark.parametrize("name", ["SagaTable", "OperatorTable"])
def test_a_table_can_be_restored_and_is_not_deleted_by_mistake(name: str) -> None:
    body = deploy().expanded.template["Resources"][name]
    declared, unprotected = deploy().properties[name], deploy({"DeletionProtection": "false"}).properties[name]

    assert declared["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert declared["DeletionProtectionEnabled"] == "true"
    assert unprotected["DeletionProtectionEnabled"] == "false"
    assert (body["DeletionPolicy"], body["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_the_bucket_survives_the_stack_too() -> None:
    body = deploy().expanded.template["Resources"]["PayloadBucket"]

    assert (body["DeletionPolicy"], body["UpdateReplacePolicy"]) == ("Retain", "Retain")


@pytest.mark.parametrize("name", ["SagaTable", "OperatorTable"])
def test_a_table_is_paid_by_use_and_its_cost_can_be_capped(name: str) -> None:
    assert deploy().properties[name]["BillingMode"] == "PAY_PER_REQUEST"
    assert "OnDemandThroughput" not in deploy().properties[name]
    capped = deploy({"MaxWriteRequestUnits": "500"}).properties[name]
    assert capped["OnDemandThroughput"] == {"MaxWriteRequestUnits": "500"}
    for index in capped["GlobalSecondaryIndexes"]:
        assert index["OnDemandThroughput"] == {"MaxWriteRequestUnits": "500"}


def test_a_key_of_the_customer_encrypts_everything_that_holds_data() -> None:
    properties = deploy(KEY).properties
    arn = KEY["EncryptionKeyArn"]

    (rule,) = properties["PayloadBucket"]["BucketEncryption"]["ServerSideEncryptionConfiguration"]

    for declared in ("SagaTable", "OperatorTable"):
        assert properties[declared]["SSESpecification"] == {
            "SSEEnabled": True,
            "SSEType": "KMS",
            "KMSMasterKeyId": arn,
        }
    assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": arn}
    for queue in ("RejectedQueue", "RuleDeadLetterQueue", "WakeQueue"):
        assert properties[queue]["KmsMasterKeyId"] == arn
        assert "SqsManagedSseEnabled" not in properties[queue]


def test_without_a_key_everything_is_encrypted_and_nothing_is_paid_for_it() -> None:
    properties = deploy().properties
    (rule,) = properties["PayloadBucket"]["BucketEncryption"]["ServerSideEncryptionConfiguration"]

    assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert "SSESpecification" not in table() | operator_table()  # DynamoDB then takes the key that AWS owns
    assert not deploy().of_type("AWS::KMS::Key")


@queues
def test_a_queue_is_encrypted_and_remembers_for_two_weeks(queue: str) -> None:
    properties = deploy().properties[queue]

    assert properties["SqsManagedSseEnabled"] is True
    assert properties["MessageRetentionPeriod"] == 1209600
    assert "RedrivePolicy" not in properties  # its visible depth is the signal; nothing moves it away


@pytest.mark.parametrize(
    ("policy", "resources"),
    [
        ("PayloadBucketPolicy", ["<PayloadBucket.Arn>", "<PayloadBucket.Arn>/*"]),
        ("RejectedQueuePolicy", "<RejectedQueue.Arn>"),
        ("RuleDeadLetterQueuePolicy", "<RuleDeadLetterQueue.Arn>"),
        ("WakeQueuePolicy", "<WakeQueue.Arn>"),
    ],
)
def test_whoever_does_not_use_tls_is_refused(policy: str, resources: Any) -> None:
    statements = deploy().properties[policy]["PolicyDocument"]["Statement"]

    (deny,) = [statement for statement in statements if statement["Effect"] == "Deny"]

    assert deny["Resource"] == resources
    assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert deny["Principal"] == "*"


def test_no_resource_policy_allows_everybody() -> None:
    deployed = deploy()
    policies = ("PayloadBucketPolicy", "RejectedQueuePolicy", "RuleDeadLetterQueuePolicy", "WakeQueuePolicy")
    statements = [s for name in policies for s in deployed.properties[name]["PolicyDocument"]["Statement"]]
    statements.append(deployed.properties["EventBusPolicy"]["Statement"])

    for statement in statements:
        if statement["Effect"] == "Allow":
            assert "*" not in str(statement["Principal"])
            assert "Condition" in statement


def test_only_rules_of_this_bus_send_dead_letters() -> None:
    statements = deploy().properties["RuleDeadLetterQueuePolicy"]["PolicyDocument"]["Statement"]

    (allow,) = [statement for statement in statements if statement["Effect"] == "Allow"]

    assert allow["Principal"] == {"Service": "events.amazonaws.com"}
    assert allow["Condition"]["ArnLike"]["aws:SourceArn"].endswith(":rule/<EventBus>/*")


def test_the_bus_is_the_stacks_own_and_takes_events_from_this_account() -> None:
    deployed = deploy()
    statement = deployed.properties["EventBusPolicy"]["Statement"]

    assert deployed.properties["EventBus"]["Name"] == STACK
    assert statement["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}
    assert statement["Condition"] == {"StringEquals": {"events:source": "executions"}}
    assert statement["Resource"] == "<EventBus.Arn>"
    assert "EventBusPolicy" not in deploy({"AttachBusPolicy": "false"}).properties


def test_the_bucket_is_closed_to_the_public() -> None:
    bucket = deploy().properties["PayloadBucket"]

    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}


@pytest.mark.parametrize(("prefix", "days"), [("scripts/", 7), ("rejected/", 30), ("aws/lambda/", 30)])
def test_users_data_expires(prefix: str, days: int) -> None:
    rules = deploy().properties["PayloadBucket"]["LifecycleConfiguration"]["Rules"]

    (rule,) = [rule for rule in rules if rule.get("Prefix") == prefix]

    assert (rule["Status"], rule["ExpirationInDays"]) == ("Enabled", days)


def test_no_old_version_or_unfinished_upload_outlives_its_expiry() -> None:
    bucket = deploy().properties["PayloadBucket"]

    assert "VersioningConfiguration" not in bucket
    aborts = [rule for rule in bucket["LifecycleConfiguration"]["Rules"] if "AbortIncompleteMultipartUpload" in rule]
    assert aborts[0]["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
