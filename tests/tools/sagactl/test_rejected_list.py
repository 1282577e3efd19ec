"""`sagactl rejected list | show | drop`: what had no effect is seen by everybody, and leaves the list with a reason."""

import uuid

import pytest

from tests.tools.local_stack.outside import event
from tests.tools.sagactl.conftest import Operator
from tests.tools.sagactl.rejecting import listed, rejected, unknown_version

pytestmark = pytest.mark.usefixtures("nothing_rejected")


def hidden(operator: Operator) -> int:
    asked = "ApproximateNumberOfMessagesNotVisible"
    url = operator.ready["rejected_queue_url"]
    answer = operator.aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=[asked])
    return int(answer["Attributes"][asked])


def test_list_says_why_and_hides_nothing(operator: Operator) -> None:
    one = f"listed-{uuid.uuid4().hex}"
    wrong = {**unknown_version("EXECUTION_REQUESTED", one), "script": "secret"}
    kept = rejected(operator, "kafka", wrong)

    expected = {
        "kind": "rejected",
        "reason": "unknown_event_version",
        "source": "kafka",
        "execution_id": one,
        "event_id": wrong["event_id"],
        "event_type": "EXECUTION_REQUESTED",
        "service": "api",
        "copies": 1,
        "state": "open",
    }
    assert {name: kept[name] for name in expected} == expected
    assert kept["position"]["partition"].startswith("execution_requested-")
    assert "secret" not in str(kept)
    before = hidden(operator)  # what a command that died in another test had taken comes back by itself
    assert kept["id"] in operator.types("rejected", "list").stdout
    assert hidden(operator) <= before


def test_list_by_execution_and_reason_and_in_groups(operator: Operator) -> None:
    one = f"filtered-{uuid.uuid4().hex}"
    first = rejected(operator, "kafka", unknown_version("EXECUTION_REQUESTED", one))
    second = rejected(operator, "kafka", unknown_version("EXECUTION_STARTED", f"other-{one}"[:60]))
    third = rejected(operator, "eventbridge", event("EXECUTION_STARTED", "bad id"))

    assert [each["id"] for each in listed(operator, "--execution", one)] == [first["id"]]
    assert {each["id"] for each in listed(operator, "--reason", "unknown_event_version")} == {first["id"], second["id"]}
    answer = operator.gets("rejected", "list", "--limit", "2")
    assert (len(answer["rejected"]), answer["more"]) == (2, True)
    groups = {(each["reason"], each["source"]): each["count"] for each in operator.gets("rejected", "list")["groups"]}
    assert groups == {("unknown_event_version", "kafka"): 2, (third["reason"], "eventbridge"): 1}
    assert "unknown_event_version" in operator.types("rejected", "list", "--grouped").stdout


def test_show_tells_everything_but_the_content(operator: Operator) -> None:
    wrong = {**unknown_version("EXECUTION_REQUESTED", f"shown-{uuid.uuid4().hex}"), "script": "secret"}
    kept = rejected(operator, "kafka", wrong)
    fact = operator.gets("rejected", "show", kept["id"])
    assert fact["key"] == kept["key"]
    assert fact["bytes"] == f"{fact['size']} in the payload bucket"
    page = operator.types("rejected", "show", kept["id"]).stdout
    assert kept["key"] in page
    assert "secret" not in page + str(fact)


def test_drop_needs_a_reason_and_records_who_and_why(operator: Operator) -> None:
    kept = rejected(operator, "kafka", event("EXECUTION_STARTED", "not an id"))
    assert operator.types("rejected", "drop", kept["id"], "--yes").exit_code == 2
    assert operator.types("rejected", "drop", kept["id"], "--because", " ", "--yes").exit_code == 2
    assert [each["id"] for each in listed(operator)] == [kept["id"]]

    dropped = operator.gets(
        "rejected", "drop", kept["id"], "--because", "the producer was told", "--as", "carol", "--yes"
    )

    assert dropped == [{"id": kept["id"], "result": "dropped"}]
    assert listed(operator) == []
    assert operator.client.rejected() == 0, "the alarm ends with its cause"
    fact = operator.gets("rejected", "show", kept["id"])
    assert (fact["state"], fact["settled_by"]) == ("dropped", "carol")
    assert [(act["verb"], act["actor"], act["reason"]) for act in fact["acts"]] == [
        ("drop", "carol", "the producer was told")
    ]


@pytest.mark.parametrize("verb", [("redrive",), ("drop", "--because", "why not")])
def test_nothing_happens_unless_somebody_agrees(operator: Operator, verb: tuple[str, ...]) -> None:
    kept = rejected(operator, "kafka", event("EXECUTION_STARTED", "un agreed"))
    outcome = operator.types("rejected", *verb, "--all")
    assert outcome.exit_code == 2
    assert "1 rejected event (1 malformed), on stack saga-orchestrator" in outcome.stderr
    assert outcome.stderr.splitlines()[-1].endswith("--yes agrees")
    refused = operator.types("rejected", *verb, "--all", answer="n\n")
    assert refused.exit_code == 2
    assert refused.stderr.endswith("sagactl: nothing was done\n")
    assert [each["id"] for each in listed(operator)] == [kept["id"]]


@pytest.mark.parametrize(
    ("arguments", "exit_code", "line"),
    [
        (("redrive", "nothing"), 1, "not on the list: nothing; see `sagactl rejected list`"),
        (("redrive", "nothing", "--all"), 2, "--all stands alone"),
        (("redrive",), 2, "name ids, --reason CODE or --execution ID; --all means every one"),
        (("drop", "--because", "x"), 2, "name ids, --reason CODE or --execution ID; --all means every one"),
        (("show", "nothing"), 1, "nothing is not on the list; see `sagactl rejected list`"),
    ],
)
def test_nothing_to_act_on_is_one_line(
    operator: Operator, arguments: tuple[str, ...], exit_code: int, line: str
) -> None:
    outcome = operator.types("rejected", *arguments)
    assert (outcome.exit_code, outcome.stderr) == (exit_code, f"sagactl: {line}\n")
