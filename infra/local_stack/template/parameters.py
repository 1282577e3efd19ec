"""A stack's parameters, checked as CloudFormation checks them: what AWS would refuse is refused here, in one line."""

import re
from collections.abc import Mapping
from typing import Any

from local_stack.errors import BrokenTemplate

ParameterValue = str | list[str]


def effective_parameters(
    declarations: Mapping[str, Mapping[str, Any]], given: Mapping[str, str]
) -> dict[str, ParameterValue]:
    """What each declared parameter is worth: the given value, else its default."""
    unknown = sorted(given.keys() - declarations.keys())
    if unknown:
        raise BrokenTemplate(f"the template has no parameter {', '.join(unknown)}")
    return {name: _effective(name, declaration, given.get(name)) for name, declaration in declarations.items()}


def _effective(name: str, declaration: Mapping[str, Any], given: str | None) -> ParameterValue:
    value = declaration.get("Default") if given is None else given
    if value is None:
        raise BrokenTemplate(f"parameter {name} has no default and was not given")
    text = str(value).lower() if isinstance(value, bool) else str(value)
    kind = str(declaration.get("Type", "String"))
    if kind == "CommaDelimitedList" or kind.startswith("List<"):
        items = [item.strip() for item in text.split(",")]
        for item in items:
            _check(name, declaration, item, numeric=kind == "List<Number>")
        return items
    _check(name, declaration, text, numeric=kind == "Number")
    return text


def _check(name: str, declaration: Mapping[str, Any], text: str, *, numeric: bool) -> None:
    complaint = _complaint(declaration, text, numeric=numeric)
    if complaint is None:
        return
    # A secret must not reach the terminal, even when it is wrong.
    shown = "the value" if str(declaration.get("NoEcho", "")).lower() == "true" else repr(text)
    raise BrokenTemplate(f"parameter {name}: {shown} {declaration.get('ConstraintDescription', complaint)}")


def _complaint(declaration: Mapping[str, Any], text: str, *, numeric: bool) -> str | None:
    allowed = [
        str(item).lower() if isinstance(item, bool) else str(item) for item in declaration.get("AllowedValues", ())
    ]
    if allowed and text not in allowed:
        return f"is not one of {', '.join(allowed)}"
    pattern = declaration.get("AllowedPattern")
    if pattern is not None and not re.fullmatch(pattern, text):
        return f"does not match {pattern}"
    if len(text) < int(declaration.get("MinLength", 0)):
        return f"is shorter than {declaration['MinLength']} characters"
    if "MaxLength" in declaration and len(text) > int(declaration["MaxLength"]):
        return f"is longer than {declaration['MaxLength']} characters"
    return _numeric_complaint(declaration, text) if numeric else None


def _numeric_complaint(declaration: Mapping[str, Any], text: str) -> str | None:
    try:
        number = float(text)
    except ValueError:
        return "is not a number"
    if "MinValue" in declaration and number < float(declaration["MinValue"]):
        return f"is less than {declaration['MinValue']}"
    if "MaxValue" in declaration and number > float(declaration["MaxValue"]):
        return f"is more than {declaration['MaxValue']}"
    return None
