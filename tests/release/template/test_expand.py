"""A template that cannot become a stack is refused in one line that says why."""

from pathlib import Path

import pytest

from local_stack import BrokenTemplate
from local_stack.template import expand
from tests.release.template.deployment import REGION, ROOT, TEMPLATE, deploy

HEAD = "Transform: AWS::Serverless-2016-10-31\nResources:\n"
FUNCTION = HEAD + "  F:\n    Type: AWS::Serverless::Function\n    Properties:\n"


def refusal(folder: Path, text: str) -> str:
    path = folder / "template.yaml"
    path.write_text(text, encoding="utf-8")
    (folder / "code").mkdir()
    with pytest.raises(BrokenTemplate) as caught:
        expand(path, {}, REGION)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", "template.yaml: "),
        ("just text", "template.yaml: no Resources"),
        (FUNCTION + "      CodeUri: nowhere/\n", "F: CodeUri nowhere/ is no folder"),
        (FUNCTION + "      InlineCode: pass\n", "F: CodeUri must be a folder of the source tree"),
        (FUNCTION + "      CodeUri: code/\n      Layers: [arn]\n", "F: a layer must be a Ref to a layer"),
        (FUNCTION + "      CodeUri: code/\n      Events: {E: {Type: Telepathy}}\n", "[F]"),
    ],
)
def test_one_line_says_where_and_why(tmp_path: Path, text: str, message: str) -> None:
    refused = refusal(tmp_path, text)

    assert message in refused
    assert "\n" not in refused


def test_a_missing_template_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(BrokenTemplate, match="No such file"):
        expand(tmp_path / "none.yaml", {}, REGION)


def test_an_unknown_parameter_is_refused() -> None:
    with pytest.raises(BrokenTemplate, match=r"no parameter StartDeadline$"):
        expand(TEMPLATE, {"StartDeadline": "3"}, REGION)


def test_nothing_serverless_is_left() -> None:
    types = {resource["Type"] for resource in deploy().expanded.template["Resources"].values()}

    assert not [resource_type for resource_type in types if resource_type.startswith("AWS::Serverless")]


def test_the_folders_of_layers_are_found_under_both_their_names() -> None:
    expanded = deploy().expanded
    physical = [name for name, body in expanded.template["Resources"].items() if "LayerVersion" in body["Type"]]

    assert {expanded.layers[name] for name in physical} == {
        ROOT / "layers/dependencies",
        ROOT / "layers/saga_orchestrator",
    }
    assert expanded.layers["CodeLayer"] == ROOT / "layers/saga_orchestrator"


def test_what_is_done_to_one_expansion_is_not_seen_in_the_next() -> None:
    first = expand(TEMPLATE, {}, REGION)
    first.template["Resources"].clear()

    assert expand(TEMPLATE, {}, REGION).template["Resources"]


def test_a_template_that_changes_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    path.write_text("Resources: {One: {Type: 'AWS::SQS::Queue'}}")
    expand(path, {}, REGION)
    path.write_text("Resources: {Other: {Type: 'AWS::SQS::Queue'}}")

    assert list(expand(path, {}, REGION).template["Resources"]) == ["Other"]
