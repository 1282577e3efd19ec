"""CloudFormation's own arithmetic, for a template that no CloudFormation will see.

Two steps, because the values of resources exist only once something created them:

`resolve_template` applies parameters, conditions, mappings and pseudo parameters, drops what a condition switches off,
and leaves only references to resources; `resolve` finishes one value with a callback that knows what those mean.

As on AWS, a parameter's value is text (a list of texts for list types) whatever its type says; whoever creates a
resource turns it into what the API expects.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local_stack.errors import BrokenTemplate
from local_stack.template.parameters import ParameterValue, effective_parameters

__all__ = [
    "BrokenTemplate",
    "Lookup",
    "ResolvedTemplate",
    "Resource",
    "attribute_reference",
    "pseudo_parameters",
    "resolve",
    "resolve_template",
]

Lookup = Callable[[str, str | None], Any]
"""`lookup(logical_id, None)` answers a Ref, `lookup(logical_id, attribute)` a GetAtt."""

NO_VALUE = "AWS::NoValue"
_SUB_VARIABLE = re.compile(r"\$\{(!?)([^}]*)\}")


class _Absent:
    """What AWS::NoValue evaluates to: the property that holds it disappears."""


_ABSENT = _Absent()


@dataclass(frozen=True)
class Resource:
    logical_id: str
    type: str
    properties: Mapping[str, Any]
    depends_on: tuple[str, ...]
    metadata: Mapping[str, Any]


@dataclass(frozen=True)
class ResolvedTemplate:
    """What is left to create: no parameter, condition or mapping is referred to any more."""

    parameters: Mapping[str, ParameterValue]
    conditions: Mapping[str, bool]
    resources: Mapping[str, Resource]
    outputs: Mapping[str, Any]


def pseudo_parameters(*, region: str, account_id: str, stack_name: str) -> dict[str, str]:
    """The `AWS::*` names of a stack that exists nowhere but here."""
    nil_uuid = "00000000-0000-0000-0000-000000000000"
    return {
        "AWS::AccountId": account_id,
        "AWS::Partition": "aws",
        "AWS::Region": region,
        "AWS::StackId": f"arn:aws:cloudformation:{region}:{account_id}:stack/{stack_name}/{nil_uuid}",
        "AWS::StackName": stack_name,
        "AWS::URLSuffix": "amazonaws.com",
    }


def resolve_template(
    template: Mapping[str, Any], parameters: Mapping[str, str], pseudo: Mapping[str, str]
) -> ResolvedTemplate:
    """Promise: every fault of the template or of the parameters is a `BrokenTemplate`, before anything is created."""
    values = effective_parameters(template.get("Parameters", {}), parameters)
    scope = _Scope(template, {**pseudo, **values})
    _refuse_broken_rules(template.get("Rules", {}), scope)
    conditions = {name: scope.condition(name) for name in template.get("Conditions", {})}
    kept = {
        logical_id: body
        for logical_id, body in template.get("Resources", {}).items()
        if "Condition" not in body or scope.condition(body["Condition"])
    }
    scope.resource_ids = frozenset(kept)
    resources = {logical_id: _resource(logical_id, body, scope) for logical_id, body in kept.items()}
    outputs = {
        name: scope.evaluate(body["Value"], f"Outputs.{name}")
        for name, body in template.get("Outputs", {}).items()
        if "Condition" not in body or scope.condition(body["Condition"])
    }
    return ResolvedTemplate(values, conditions, resources, outputs)


def resolve(value: Any, lookup: Lookup) -> Any:
    """A value out of a `ResolvedTemplate`, with every reference to a resource answered by `lookup`."""
    finished = _Scope({}, {}, lookup).evaluate(value, "value")
    return None if isinstance(finished, _Absent) else finished


def _refuse_broken_rules(rules: Mapping[str, Any], scope: "_Scope") -> None:
    for name, rule in rules.items():
        if "RuleCondition" in rule and not scope.truth(rule["RuleCondition"], f"Rules.{name}"):
            continue
        for assertion in rule["Assertions"]:
            if not scope.truth(assertion["Assert"], f"Rules.{name}"):
                raise BrokenTemplate(assertion.get("AssertDescription", f"the parameters break the rule {name}"))


def _resource(logical_id: str, body: Mapping[str, Any], scope: "_Scope") -> Resource:
    properties = scope.evaluate(body.get("Properties", {}), logical_id)
    depends_on = body.get("DependsOn", ())
    names = (depends_on,) if isinstance(depends_on, str) else tuple(depends_on)
    # CloudFormation forgives a dependency on a resource that a condition switched off.
    existing = tuple(name for name in names if name in scope.resource_ids)
    return Resource(logical_id, body["Type"], properties, existing, body.get("Metadata", {}))


class _Scope:
    """One evaluation: with a lookup everything is finished; without one, references to resources stay as they are."""

    def __init__(self, template: Mapping[str, Any], names: Mapping[str, Any], lookup: Lookup | None = None) -> None:
        self.mappings: Mapping[str, Any] = template.get("Mappings", {})
        self.condition_bodies: Mapping[str, Any] = template.get("Conditions", {})
        self.names = names
        self.lookup = lookup
        self.resource_ids: frozenset[str] = frozenset()
        self._known_conditions: dict[str, bool] = {}
        self._open_conditions: set[str] = set()

    def condition(self, name: str) -> bool:
        if name not in self._known_conditions:
            if name not in self.condition_bodies:
                raise BrokenTemplate(f"condition {name} is not declared")
            if name in self._open_conditions:
                raise BrokenTemplate(f"condition {name} refers to itself")
            self._open_conditions.add(name)
            self._known_conditions[name] = self.truth(self.condition_bodies[name], f"Conditions.{name}")
        return self._known_conditions[name]

    def truth(self, body: Any, where: str) -> bool:
        if not isinstance(body, Mapping) or len(body) != 1:
            raise BrokenTemplate(f"{where}: not a condition: {body!r}")
        ((function, argument),) = body.items()
        match function:
            case "Condition":
                return self.condition(argument)
            case "Fn::Equals":
                left, right = (self.evaluate(side, where) for side in argument)
                return _text(left, where) == _text(right, where)
            case "Fn::Not":
                return not self.truth(argument[0], where)
            case "Fn::And":
                return all(self.truth(part, where) for part in argument)
            case "Fn::Or":
                return any(self.truth(part, where) for part in argument)
            case "Fn::Contains" if where.startswith("Rules."):  # CloudFormation knows it there alone
                members, wanted = (self.evaluate(part, where) for part in argument)
                return _text(wanted, where) in members
        raise BrokenTemplate(f"{where}: {function} is not a condition function")

    def evaluate(self, value: Any, where: str) -> Any:
        if isinstance(value, Mapping):
            if len(value) == 1:
                ((key, argument),) = value.items()
                if key == "Ref" or key.startswith("Fn::"):
                    return self._function(key, argument, where)
            members = ((key, self.evaluate(item, f"{where}.{key}")) for key, item in value.items())
            return {key: item for key, item in members if item is not _ABSENT}
        if isinstance(value, list):
            items = (self.evaluate(item, f"{where}[{position}]") for position, item in enumerate(value))
            return [item for item in items if item is not _ABSENT]
        return value

    def _function(self, function: str, argument: Any, where: str) -> Any:
        evaluators: dict[str, Callable[[Any, str], Any]] = {
            "Ref": lambda name, where: self._reference(name, None, where),
            "Fn::GetAtt": lambda pair, where: self._reference(*attribute_reference(pair, where), where),
            "Fn::If": self._if,
            "Fn::Sub": self._sub,
            "Fn::Join": lambda pair, where: _joined(pair[0], self.evaluate(pair[1], where), where),
            "Fn::Split": lambda pair, where: _split(pair[0], self.evaluate(pair[1], where)),
            "Fn::Select": lambda pair, where: _selected(
                self.evaluate(pair[0], where), self.evaluate(pair[1], where), where
            ),
            "Fn::FindInMap": self._found_in_map,
        }
        if function not in evaluators:
            raise BrokenTemplate(f"{where}: {function} is not supported on one machine")
        return evaluators[function](argument, where)

    def _if(self, argument: Sequence[Any], where: str) -> Any:
        name, when_true, when_false = argument
        return self.evaluate(when_true if self.condition(name) else when_false, where)

    def _reference(self, name: str, attribute: str | None, where: str) -> Any:
        if attribute is None:
            if name == NO_VALUE:
                return _ABSENT
            if name in self.names:
                return self.names[name]
        if self.lookup is not None:
            return self.lookup(name, attribute)
        if self.resource_ids and name not in self.resource_ids:
            raise BrokenTemplate(f"{where} refers to {name}, which does not exist with these parameters")
        if not self.resource_ids:
            raise BrokenTemplate(f"{where} refers to {name}, which is no parameter")
        return {"Ref": name} if attribute is None else {"Fn::GetAtt": [name, attribute]}

    def _sub(self, argument: Any, where: str) -> Any:
        pattern, variables = (argument, {}) if isinstance(argument, str) else (argument[0], argument[1])
        parts: list[Any] = []
        position = 0
        for match in _SUB_VARIABLE.finditer(pattern):
            parts.append(pattern[position : match.start()])
            position = match.end()
            literal, name = match.group(1), match.group(2).strip()
            if literal:
                parts.append(f"${{{name}}}")
            elif name in variables:
                parts.append(self.evaluate(variables[name], where))
            else:
                logical_id, _, attribute = name.partition(".")
                parts.append(self._reference(logical_id, attribute or None, where))
        return _joined("", [*parts, pattern[position:]], where)

    def _found_in_map(self, argument: Sequence[Any], where: str) -> Any:
        name, top, second = (self.evaluate(part, where) for part in argument[:3])
        try:
            return self.mappings[name][top][second]
        except KeyError as error:
            raise BrokenTemplate(f"{where}: no entry {name}.{top}.{second} in the mappings") from error


def attribute_reference(argument: Any, where: str) -> tuple[str, str]:
    """Logical id and attribute of an Fn::GetAtt, which has two spellings."""
    parts = argument.split(".", 1) if isinstance(argument, str) else argument
    if len(parts) != 2 or not all(isinstance(part, str) for part in parts):
        raise BrokenTemplate(f"{where}: Fn::GetAtt needs a logical id and an attribute, not {argument!r}")
    return parts[0], parts[1]


def _is_open(value: Any) -> bool:
    return isinstance(value, Mapping)


def _text(value: Any, where: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        return str(value)
    raise BrokenTemplate(f"{where}: text expected, not {value!r}")


def _joined(delimiter: str, parts: Any, where: str) -> Any:
    if _is_open(parts) or any(_is_open(part) for part in parts):
        return {"Fn::Join": [delimiter, parts]}
    return delimiter.join(_text(part, where) for part in parts)


def _split(delimiter: str, text: Any) -> Any:
    return {"Fn::Split": [delimiter, text]} if _is_open(text) else text.split(delimiter)


def _selected(index: Any, items: Any, where: str) -> Any:
    if _is_open(items):
        return {"Fn::Select": [index, items]}
    try:
        return items[int(index)]
    except (IndexError, ValueError) as error:
        raise BrokenTemplate(f"{where}: Fn::Select has no element {index}") from error
