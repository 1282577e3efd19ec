"""The SAM template as CloudFormation would see it, without AWS and without packaging: what is deployed is what is read.

The transform refuses local code paths, so each one is given a name that only this module understands, and is recovered
from it afterwards.
"""

import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from samtranslator.internal.managed_policies import get_bundled_managed_policy_map
from samtranslator.metrics.metrics import DummyMetricsPublisher, Metrics
from samtranslator.parser.parser import Parser
from samtranslator.public.exceptions import InvalidDocumentException
from samtranslator.translator.translator import Translator

from local_stack.aws import isolated_session
from local_stack.errors import BrokenTemplate
from local_stack.template.parameters import effective_parameters
from local_stack.template.parsing import parsed

__all__ = ["BrokenTemplate", "ExpandedTemplate", "FunctionCode", "expand"]

_CODE_BUCKET = "source-tree"
_FUNCTION = "AWS::Serverless::Function"
_LAYER = "AWS::Serverless::LayerVersion"
_CODE_PROPERTY = {_FUNCTION: "CodeUri", _LAYER: "ContentUri"}


@dataclass(frozen=True)
class FunctionCode:
    """Where the code of a function and of its layers lies in the source tree; layers in Lambda's order."""

    logical_id: str
    directory: Path
    handler: str
    layers: tuple[Path, ...]


@dataclass(frozen=True)
class ExpandedTemplate:
    """`template` is plain CloudFormation, parameters and conditions still in it."""

    template: dict[str, Any]
    functions: Mapping[str, FunctionCode]
    layers: Mapping[str, Path]


def expand(template: Path, parameters: Mapping[str, str], region: str) -> ExpandedTemplate:
    """Promise: a template that the transform refuses is a `BrokenTemplate` with one line that says where and why."""
    source = _read(template)
    effective_parameters(source.get("Parameters", {}), parameters)
    layers, functions = _claim_local_code(source, template.resolve().parent)
    # The argument is the partition, not the region; anything else leaves the names of managed policies as they are.
    policies = get_bundled_managed_policy_map("aws")
    # Its default metrics would complain on standard error that nobody published them.
    silent = Metrics("expand", DummyMetricsPublisher())
    session = isolated_session(region, access_key="unused")  # it asks for the region alone
    translator = Translator(policies, Parser(), boto_session=session, metrics=silent)
    try:
        expanded: dict[str, Any] = translator.translate(sam_template=source, parameter_values=dict(parameters))
    except InvalidDocumentException as error:
        causes = "; ".join(str(cause.message) for cause in error.causes) or error.message
        raise BrokenTemplate(f"{template.name}: {causes}") from error
    finally:
        silent.publish()
    # The transform leaves its own dictionary types behind, with shared parts; plain data cannot surprise anybody.
    plain: dict[str, Any] = json.loads(json.dumps(expanded))
    return ExpandedTemplate(plain, functions, _physical_layers(plain, layers))


def _read(template: Path) -> dict[str, Any]:
    try:
        source = parsed(template.read_text(encoding="utf-8"))
    except OSError as error:
        raise BrokenTemplate(f"{template}: {error.strerror}") from error
    except Exception as error:  # the transform's parser lets YAML's errors and its own through: all mean the same here
        raise BrokenTemplate(f"{template.name}: {error}") from error
    if not isinstance(source, dict) or not isinstance(source.get("Resources"), dict):
        raise BrokenTemplate(f"{template.name}: no Resources")
    for logical_id, resource in source["Resources"].items():
        if not isinstance(resource, dict) or not isinstance(resource.get("Type"), str):
            raise BrokenTemplate(f"{template.name}: {logical_id} has no Type")
    return source


def _claim_local_code(source: dict[str, Any], base: Path) -> tuple[dict[str, Path], dict[str, FunctionCode]]:
    """Replaces every local path by a stand-in; returns the layers' folders and the functions' code."""
    shared = source.get("Globals", {}).get("Function", {})
    paths: dict[str, Path] = {}
    for logical_id, resource in source["Resources"].items():
        code_property = _CODE_PROPERTY.get(resource.get("Type", ""))
        if code_property is None:
            continue
        properties = resource.setdefault("Properties", {})
        uri = properties.get(code_property, shared.get(code_property))
        if not isinstance(uri, str) or uri.startswith("s3://"):
            raise BrokenTemplate(f"{logical_id}: {code_property} must be a folder of the source tree")
        directory = base / uri
        if not directory.is_dir():
            raise BrokenTemplate(f"{logical_id}: {code_property} {uri} is no folder")
        properties[code_property] = f"s3://{_CODE_BUCKET}/{logical_id}"
        paths[logical_id] = directory
    layers = {name: path for name, path in paths.items() if source["Resources"][name]["Type"] == _LAYER}
    functions = {
        name: _function_code(name, path, source["Resources"][name]["Properties"], shared, layers)
        for name, path in paths.items()
        if name not in layers
    }
    return layers, functions


def _function_code(
    name: str, directory: Path, properties: Mapping[str, Any], shared: Mapping[str, Any], layers: Mapping[str, Path]
) -> FunctionCode:
    # As in the transform: a list in Globals comes first, the function's own is appended.
    used = [*shared.get("Layers", []), *properties.get("Layers", [])]
    # One that a parameter names is somebody else's: there is no folder of it here, and functions run without it.
    used = [reference for reference in used if not (isinstance(reference, dict) and "Fn::If" in reference)]
    try:
        folders = tuple(layers[reference["Ref"]] for reference in used)
    except (KeyError, TypeError) as error:
        raise BrokenTemplate(f"{name}: a layer must be a Ref to a layer of this template") from error
    return FunctionCode(name, directory, str(properties.get("Handler", shared.get("Handler"))), folders)


def _physical_layers(expanded: Mapping[str, Any], layers: Mapping[str, Path]) -> dict[str, Path]:
    """The transform renames a layer after its content; both names lead to the folder."""
    named: dict[str, Path] = dict(layers)
    for logical_id, resource in expanded["Resources"].items():
        if resource["Type"] == "AWS::Lambda::LayerVersion":
            with contextlib.suppress(KeyError):
                named[logical_id] = layers[resource["Properties"]["Content"]["S3Key"]]
    return named
