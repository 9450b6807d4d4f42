"""One AWS API call as it arrives: which service, which operation, from whom."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from moto.core.request import Request
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model

if TYPE_CHECKING:
    from collections.abc import Mapping

_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")
_RPC_OPERATION = re.compile(r"/operation/(\w+)$")
_ACTION = re.compile(rb"(?:^|&)Action=(\w+)")

_READ_ONLY = (
    "BatchGet",
    "Check",
    "Describe",
    "Estimate",
    "Filter",
    "Get",
    "Head",
    "List",
    "Lookup",
    "Query",
    "Scan",
    "Search",
    "Select",
    "Simulate",
    "Test",
    "Validate",
)
_READ_ONLY_OPERATIONS = frozenset({"Invoke", "ReceiveMessage", "AssumeRole", "DecodeAuthorizationMessage"})
"""Calls that change nothing of the user's: invoking, polling and assuming are how the machinery works."""

MODEL_NAMES = {"monitoring": "cloudwatch", "elasticloadbalancing": "elbv2", "states": "stepfunctions"}
"""Where botocore's name of a service differs from the name that signs its requests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsCall:
    """A request to an AWS API. `service` is the SigV4 signing name, `account` the caller's."""

    service: str
    operation: str
    region: str
    access_key: str
    account: str
    principal: str
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def mutating(self) -> bool:
        """Whether the operation changes anything, told by its name as AWS names operations."""
        return not self.operation.startswith(_READ_ONLY) and self.operation not in _READ_ONLY_OPERATIONS

    @property
    def parameters(self) -> dict[str, list[str]]:
        """The form parameters of a query-protocol call; empty for the other protocols."""
        source = self.body.decode("utf-8", "replace") if self.body else self.query
        return parse_qs(source, keep_blank_values=True)


def credential_scope(headers: Mapping[str, str], query: str) -> tuple[str, str, str] | None:
    """Access key id, Region and signing name out of a signed request, or None when it is not signed."""
    found = _CREDENTIAL.search(headers.get("authorization", ""))
    if found is None:
        presigned = parse_qs(query).get("X-Amz-Credential", [""])[0]
        found = _CREDENTIAL.search(f"Credential={presigned}")
    return (found[1], found[2], found[3]) if found else None


def operation_name(service: str, *, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> str:
    """The operation's name in the API reference, whatever the protocol; `METHOD path` when nothing tells it."""
    if target := headers.get("x-amz-target"):
        return target.rpartition(".")[2]
    if found := _RPC_OPERATION.search(path):
        return found[1]
    form = headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    if action := (_ACTION.search(body) if form else None) or _ACTION.search(query.encode()):
        return action[1].decode()
    return _rest_operation(service, method=method, path=path, query=query, headers=headers) or f"{method} {path}"


def _rest_operation(service: str, *, method: str, path: str, query: str, headers: Mapping[str, str]) -> str | None:
    name = MODEL_NAMES.get(service, service)
    request = Request.from_primitives(method, f"http://localhost{path}?{query}", dict(headers), b"")
    try:
        if not get_service_model(name).protocol.startswith("rest"):
            return None
        operation, _ = get_service_router(name).match(request)
    except Exception:  # noqa: BLE001 - the router has no error of its own for "no such operation"
        return None
    return str(operation.name)
