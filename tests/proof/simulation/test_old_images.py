"""The world's reads without consistency: they are old, as on AWS, or a bug that asks for one would not be seen."""

from saga_testing.aws.account import SimulatedAws

KEY = {"execution_id": {"S": "ex-1"}, "saga_name": {"S": "execution_saga"}}


def version_of(aws: SimulatedAws, *, consistent: bool) -> str | None:
    item = aws.dynamodb.get_item(TableName="sagas", Key=KEY, ConsistentRead=consistent).get("Item")
    return None if item is None else item["version"]["N"]


def test_a_read_without_consistency_serves_the_image_of_a_replica_that_is_behind() -> None:
    now = 10_000
    aws = SimulatedAws(lambda: now, read_lag=lambda: 1_500)
    for moment, version in ((10_000, "1"), (11_000, "2"), (12_000, "3")):
        now = moment
        aws.dynamodb.put_item(TableName="sagas", Item=KEY | {"version": {"N": version}})

    assert (version_of(aws, consistent=True), version_of(aws, consistent=False)) == ("3", "1")
    now = 10_400
    assert version_of(aws, consistent=False) is None
    now = 13_500
    assert version_of(aws, consistent=False) == "3"


def test_a_batch_without_consistency_is_as_old() -> None:
    now = 10_000
    aws = SimulatedAws(lambda: now, read_lag=lambda: 1_500)
    aws.dynamodb.put_item(TableName="sagas", Item=KEY | {"version": {"N": "1"}})

    def found(*, consistent: bool) -> int:
        wanted = {"sagas": {"Keys": [KEY], "ConsistentRead": consistent}}
        return len(aws.dynamodb.batch_get_item(RequestItems=wanted)["Responses"]["sagas"])

    assert (found(consistent=True), found(consistent=False)) == (1, 0)
