"""What the operators' policy admits, and that nobody has it by himself."""

from typing import Any

from tests.release.template.deployment import (
    FED_FUNCTIONS,
    as_list,
    deploy,
)


def operator() -> list[dict[str, Any]]:
    document = deploy().properties["OperatorPolicy"]["PolicyDocument"]
    return list(document["Statement"])


def test_operators_cancel_under_their_own_source() -> None:
    (statement,) = [s for s in operator() if s["Action"] == "events:PutEvents"]

    assert statement["Condition"] == {"StringEquals": {"events:source": "saga-operator"}}
    assert statement["Resource"] == "<EventBus.Arn>"


def of_operators(*actions: str) -> list[tuple[Any, Any, Any]]:
    """(actions, resources, condition) of every statement that allows one of these actions."""
    return [
        (as_list(s["Action"]), as_list(s["Resource"]), s.get("Condition"))
        for s in operator()
        if set(actions) & set(as_list(s["Action"]))
    ]


def test_operators_recount_claims_and_repair_sagas_but_never_write_a_state() -> None:
    updates = of_operators("dynamodb:UpdateItem")
    (_, _, recount), (_, _, mend), _ = [update for update in updates if update[1] == ["<SagaTable.Arn>"]]

    assert recount == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["#counter#*"]}}
    assert set(mend["ForAllValues:StringEquals"]["dynamodb:Attributes"]) == {
        *("execution_id", "saga_name", "version", "claim", "deadline", "deadline_shard", "expires"),
        *("steps", "timeline", "outbox"),
    }


def test_operators_move_sagas_to_another_version_with_a_record_of_it_and_write_no_state() -> None:
    updates = of_operators("dynamodb:UpdateItem")
    *_, (_, _, move) = [update for update in updates if update[1] == ["<SagaTable.Arn>"]]

    assert move == {
        "ForAllValues:StringEquals": {
            "dynamodb:Attributes": ["execution_id", "saga_name", "version", "dv", "dh", "set", "timeline", "outbox"]
        },
        "ForAnyValue:StringEquals": {"dynamodb:EnclosingOperation": ["TransactWriteItems"]},
    }


def test_operators_settle_rejected_events_and_what_they_did_stays_recorded() -> None:
    leading = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["rejected#*"]}}

    assert (["dynamodb:UpdateItem"], ["<OperatorTable.Arn>"], leading) in of_operators("dynamodb:UpdateItem")
    acts = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["act#*"]}}
    assert of_operators("dynamodb:PutItem") == [(["dynamodb:PutItem"], ["<OperatorTable.Arn>"], acts)]
    assert of_operators("dynamodb:DeleteItem", "dynamodb:BatchWriteItem") == []


def test_operators_read_what_was_rejected_and_no_script() -> None:
    ((_, resources, _),) = of_operators("s3:GetObject")

    assert set(resources) == {"<PayloadBucket.Arn>/rejected/*", "<PayloadBucket.Arn>/aws/lambda/*"}


def test_operators_delete_nothing_but_settled_failures() -> None:
    deleting = [action for s in operator() for action in as_list(s["Action"]) if action.startswith("s3:Delete")]

    assert deleting == ["s3:DeleteObject"]
    assert of_operators("s3:DeleteObject")[0][1] == ["<PayloadBucket.Arn>/aws/lambda/*"]


def test_operators_invoke_what_redrive_and_republish_need() -> None:
    (statement,) = [s for s in operator() if s["Action"] == "lambda:InvokeFunction"]

    assert set(statement["Resource"]) == {f"<{f}.Arn>" for f in (*FED_FUNCTIONS, "CommandRelayFunction")}


def test_no_policy_of_operators_is_attached_to_anybody_by_itself() -> None:
    for policy in ("OperatorPolicy", "BreakGlassPolicy"):
        assert not {"Roles", "Users", "Groups"} & deploy().properties[policy].keys()


def test_breaking_the_glass_writes_sagas_in_transactions_alone_and_deletes_nothing() -> None:
    statements = deploy().properties["BreakGlassPolicy"]["PolicyDocument"]["Statement"]
    writing = [s for s in statements if "<SagaTable.Arn>" in as_list(s["Resource"]) and s["Sid"] != "ReadSagas"]

    assert [(s["Action"], s["Condition"]) for s in writing] == [
        (
            "dynamodb:UpdateItem",
            {"ForAnyValue:StringEquals": {"dynamodb:EnclosingOperation": ["TransactWriteItems"]}},
        )
    ]
    actions = {action for s in statements for action in as_list(s["Action"])}
    assert not {action for action in actions if "Delete" in action or "Batch" in action or "*" in action}
