"""What the local stack takes for CloudFormation's own arithmetic."""

from typing import Any

import pytest

from local_stack import BrokenTemplate
from local_stack.template import creation_order, pseudo_parameters, references, resolve, resolve_template

PSEUDO = pseudo_parameters(region="eu-central-1", account_id="123456789012", stack_name="sagas")


def resolved(properties: dict[str, Any], parameters: dict[str, str] | None = None, **sections: Any) -> Any:
    template = {
        "Parameters": {
            "Name": {"Type": "String", "Default": "one"},
            "List": {"Type": "CommaDelimitedList", "Default": "a, b"},
        },
        "Mappings": {"Sizes": {"small": {"cpu": "1"}}},
        "Conditions": {
            "IsOne": {"Fn::Equals": [{"Ref": "Name"}, "one"]},
            "IsNotOne": {"Fn::Not": [{"Condition": "IsOne"}]},
            "Both": {"Fn::And": [{"Condition": "IsOne"}, {"Condition": "IsNotOne"}]},
            "Either": {"Fn::Or": [{"Condition": "IsOne"}, {"Condition": "IsNotOne"}]},
        },
        "Resources": {"It": {"Type": "T", "Properties": properties}, "Other": {"Type": "T"}},
        **sections,
    }
    return resolve_template(template, parameters or {}, PSEUDO).resources["It"].properties


def lookup(logical_id: str, attribute: str | None) -> str:
    return f"<{logical_id}{'.' + attribute if attribute else ''}>"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Ref": "Name"}, "one"),
        ({"Ref": "List"}, ["a", "b"]),
        ({"Ref": "AWS::Region"}, "eu-central-1"),
        ({"Fn::Sub": "${Name}-${AWS::StackName}"}, "one-sagas"),
        ({"Fn::Sub": ["${x}/${Name}", {"x": {"Ref": "AWS::AccountId"}}]}, "123456789012/one"),
        ({"Fn::Sub": "${!Literal}"}, "${Literal}"),
        ({"Fn::Join": ["+", {"Ref": "List"}]}, "a+b"),
        ({"Fn::Join": [",", ["x", 1, True]]}, "x,1,true"),
        ({"Fn::Select": ["1", {"Fn::Split": ["/", "a/b"]}]}, "b"),
        ({"Fn::FindInMap": ["Sizes", "small", "cpu"]}, "1"),
        ({"Fn::If": ["IsOne", "yes", "no"]}, "yes"),
        ({"Fn::If": ["IsNotOne", "yes", "no"]}, "no"),
        ({"Fn::If": ["Both", "yes", "no"]}, "no"),
        ({"Fn::If": ["Either", "yes", "no"]}, "yes"),
        ({"Condition": {"StringEquals": {"a": "b"}}}, {"Condition": {"StringEquals": {"a": "b"}}}),
    ],
)
def test_what_needs_no_resource_is_settled_before_anything_is_created(value: Any, expected: Any) -> None:
    assert resolved({"P": value})["P"] == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Ref": "Other"}, "<Other>"),
        ({"Fn::GetAtt": ["Other", "Arn"]}, "<Other.Arn>"),
        ({"Fn::GetAtt": "Other.Nested.Arn"}, "<Other.Nested.Arn>"),
        ({"Fn::Sub": "${Other}/${Other.Arn}/${Name}"}, "<Other>/<Other.Arn>/one"),
        ({"Fn::Select": [0, {"Fn::Split": [">", {"Ref": "Other"}]}]}, "<Other"),
        ([{"Ref": "Other"}, {"k": {"Ref": "Other"}}], ["<Other>", {"k": "<Other>"}]),
    ],
)
def test_references_to_resources_wait_for_the_lookup(value: Any, expected: Any) -> None:
    waiting = resolved({"P": value})["P"]

    assert references(waiting) == {"Other"}
    assert resolve(waiting, lookup) == expected


def test_no_value_removes_the_property_and_the_list_item() -> None:
    nothing = {"Fn::If": ["IsNotOne", "x", {"Ref": "AWS::NoValue"}]}

    assert resolved({"P": nothing, "Q": ["a", nothing], "R": {"S": nothing}}) == {"Q": ["a"], "R": {}}


def test_resources_and_outputs_of_a_false_condition_are_dropped_and_not_waited_for() -> None:
    template = {
        "Conditions": {"Never": {"Fn::Equals": ["a", "b"]}},
        "Resources": {
            "Kept": {"Type": "T", "DependsOn": ["Dropped"]},
            "Dropped": {"Type": "T", "Condition": "Never", "Properties": {"P": {"Ref": "Unknown"}}},
        },
        "Outputs": {"Gone": {"Condition": "Never", "Value": {"Ref": "Dropped"}}, "Stays": {"Value": {"Ref": "Kept"}}},
    }

    result = resolve_template(template, {}, PSEUDO)

    assert result.resources.keys() == {"Kept"}
    assert result.resources["Kept"].depends_on == ()
    assert result.outputs == {"Stays": {"Ref": "Kept"}}


@pytest.mark.parametrize(
    ("declaration", "value", "message"),
    [
        ({"Type": "String", "AllowedValues": ["a", "b"]}, "c", "parameter P: 'c' is not one of a, b"),
        ({"Type": "String", "AllowedPattern": "[a-z]*"}, "C1", "parameter P: 'C1' does not match [a-z]*"),
        (
            {"Type": "String", "AllowedPattern": "[a-z]*", "ConstraintDescription": "must be lower case"},
            "C",
            "parameter P: 'C' must be lower case",
        ),
        ({"Type": "String", "MinLength": 2}, "x", "parameter P: 'x' is shorter than 2 characters"),
        ({"Type": "String", "MaxLength": 2}, "xxx", "parameter P: 'xxx' is longer than 2 characters"),
        ({"Type": "Number", "MinValue": 1}, "0", "parameter P: '0' is less than 1"),
        ({"Type": "Number", "MaxValue": 3}, "4", "parameter P: '4' is more than 3"),
        ({"Type": "Number"}, "many", "parameter P: 'many' is not a number"),
        ({"Type": "CommaDelimitedList", "AllowedPattern": "[a-z]+"}, "a,1", "parameter P: '1' does not match [a-z]+"),
        (
            {"Type": "String", "MinLength": 9, "NoEcho": True},
            "secret",
            "parameter P: the value is shorter than 9 characters",
        ),
    ],
)
def test_a_value_that_aws_would_refuse_is_refused_in_one_line(
    declaration: dict[str, Any], value: str, message: str
) -> None:
    with pytest.raises(BrokenTemplate) as caught:
        resolve_template({"Parameters": {"P": declaration}, "Resources": {}}, {"P": value}, PSEUDO)

    assert str(caught.value) == message


def test_a_parameter_that_nobody_declared_or_gave_is_refused() -> None:
    with pytest.raises(BrokenTemplate, match="the template has no parameter Typo"):
        resolve_template({"Parameters": {}, "Resources": {}}, {"Typo": "1"}, PSEUDO)
    with pytest.raises(BrokenTemplate, match="parameter P has no default and was not given"):
        resolve_template({"Parameters": {"P": {"Type": "String"}}, "Resources": {}}, {}, PSEUDO)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"Ref": "Nowhere"}, "It.P refers to Nowhere, which does not exist with these parameters"),
        ({"Fn::Sub": "${Nowhere.Arn}"}, "It.P refers to Nowhere, which does not exist"),
        ({"Fn::ImportValue": "x"}, "It.P: Fn::ImportValue is not supported"),
        ({"Fn::If": ["Nowhere", "a", "b"]}, "condition Nowhere is not declared"),
        ({"Fn::FindInMap": ["Sizes", "large", "cpu"]}, r"no entry Sizes\.large\.cpu"),
        ({"Fn::Select": [5, ["a"]]}, "no element 5"),
        ({"Fn::GetAtt": "JustAName"}, "needs a logical id and an attribute"),
    ],
)
def test_a_mistake_in_the_template_names_its_place(value: Any, message: str) -> None:
    with pytest.raises(BrokenTemplate, match=message):
        resolved({"P": value})


def test_conditions_that_refer_to_each_other_are_refused() -> None:
    circle = {"A": {"Fn::Not": [{"Condition": "B"}]}, "B": {"Fn::Not": [{"Condition": "A"}]}}

    with pytest.raises(BrokenTemplate, match="refers to itself"):
        resolve_template({"Conditions": circle, "Resources": {}}, {}, PSEUDO)


def test_creation_order_puts_what_is_referred_to_first() -> None:
    template = {
        "Resources": {
            "C": {"Type": "T", "DependsOn": "B"},
            "B": {"Type": "T", "Properties": {"P": {"Fn::Sub": "${A.Arn}"}}},
            "A": {"Type": "T"},
        }
    }

    assert creation_order(resolve_template(template, {}, PSEUDO).resources) == ["A", "B", "C"]


def test_creation_order_refuses_a_circle() -> None:
    template = {"Resources": {"A": {"Type": "T", "DependsOn": "B"}, "B": {"Type": "T", "DependsOn": "A"}}}

    with pytest.raises(BrokenTemplate, match="in a circle"):
        creation_order(resolve_template(template, {}, PSEUDO).resources)


RULES = {
    "Differ": {
        "Assertions": [
            {
                "Assert": {"Fn::Not": [{"Fn::Equals": [{"Ref": "A"}, {"Ref": "B"}]}]},
                "AssertDescription": "A must differ from B.",
            }
        ]
    }
}
TWO_NAMES = {"A": {"Type": "String", "Default": "a"}, "B": {"Type": "String", "Default": "b"}}


def test_parameters_that_break_a_rule_of_the_template_are_refused_with_its_words() -> None:
    template = {"Parameters": TWO_NAMES, "Rules": RULES, "Resources": {}}

    assert resolve_template(template, {}, PSEUDO).parameters == {"A": "a", "B": "b"}
    with pytest.raises(BrokenTemplate, match=r"^A must differ from B\.$"):
        resolve_template(template, {"A": "b"}, PSEUDO)


def test_a_rule_may_look_into_a_list_and_a_condition_may_not() -> None:
    contains = {"Fn::Contains": [{"Ref": "Many"}, {"Ref": "A"}]}
    parameters = {**TWO_NAMES, "Many": {"Type": "CommaDelimitedList", "Default": "b,c"}}
    rules = {"None": {"Assertions": [{"Assert": {"Fn::Not": [contains]}, "AssertDescription": "A is one of many."}]}}
    template = {"Parameters": parameters, "Rules": rules, "Resources": {}}

    resolve_template(template, {}, PSEUDO)
    with pytest.raises(BrokenTemplate, match=r"^A is one of many\.$"):
        resolve_template(template, {"A": "c"}, PSEUDO)
    with pytest.raises(BrokenTemplate, match="Fn::Contains is not a condition function"):
        resolve_template({"Parameters": parameters, "Conditions": {"C": contains}, "Resources": {}}, {}, PSEUDO)
