"""Provisioning of an HTTP API: its front listens from here on, and answers once the functions can run."""

from collections.abc import Mapping
from typing import Any

from local_stack.errors import UnsupportedResource
from local_stack.http_front import API, AUTHORIZER, HTTP_API_TYPES, INTEGRATION, ROUTE, DeclaredApi
from local_stack.template.intrinsics import Resource
from local_stack.template.inventory import Physical, Provisioned

__all__ = ["HTTP_API_TYPES", "provision_http_api"]


def provision_http_api(made: Provisioned, resource: Resource, properties: Mapping[str, Any]) -> Physical:
    """Any of its resource types."""
    if resource.type == API:
        return _api(made, resource, properties)
    declared = made.http_api
    if declared is None:
        raise UnsupportedResource(resource.type, resource.logical_id, "it belongs to no API of the template")
    if resource.type == INTEGRATION:
        declared.add_integration(resource.logical_id, properties)
    elif resource.type == AUTHORIZER:
        declared.add_authorizer(resource.logical_id, properties)
    elif resource.type == ROUTE:
        declared.add_route(resource.logical_id, properties)
    else:
        declared.add_stage(resource.logical_id, properties)
        return Physical(str(properties["StageName"]))
    return Physical(resource.logical_id)


def _api(made: Provisioned, resource: Resource, properties: Mapping[str, Any]) -> Physical:
    if properties.get("ProtocolType") != "HTTP" or "CorsConfiguration" in properties or "Body" in properties:
        raise UnsupportedResource(
            resource.type, resource.logical_id, "the local front is an HTTP API of declared routes, without CORS"
        )
    made.http_api, made.http_api_url = DeclaredApi(), made.listen()
    return Physical("local", {"ApiEndpoint": made.http_api_url, "ApiId": "local"})
