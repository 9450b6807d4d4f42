"""The names of AWS's APIs, as botocore knows them: what signs their requests, and which operations they have."""

from __future__ import annotations

import difflib
from functools import cache

from botocore.exceptions import DataNotFoundError
from botocore.loaders import Loader

from simulator.aws_call import MODEL_NAMES


def complaint(service: str, operation: str) -> str | None:
    """Say what is wrong with the name of an operation; None where some API signed as `service` has it."""
    usual = MODEL_NAMES.get(service, service)
    if operation in _operations(usual).get(service, ()):
        return None
    known = _of_all_apis().get(service)
    if known is None:
        signed_as = ", ".join(_operations(service))
        meant = f"; requests of {service} are signed as {signed_as}" if signed_as else ""
        return f"service must be a SigV4 signing name, such as ec2 or monitoring, not {service!r}{meant}"
    if operation in known:
        return None
    close = difflib.get_close_matches(operation, known, n=1)
    return f"{service} has no operation {operation!r}{f'; there is {close[0]}' if close else ''}"


@cache
def _operations(api: str) -> dict[str, frozenset[str]]:
    """Give the operations of an API, by the name that signs its requests; nothing where botocore knows no such API."""
    try:
        model = Loader().load_service_model(api, "service-2")  # a loader of its own, as one keeps all that it has read
    except DataNotFoundError:
        return {}
    metadata = model["metadata"]
    return {metadata.get("signingName", metadata["endpointPrefix"]): frozenset(model["operations"])}


@cache
def _of_all_apis() -> dict[str, frozenset[str]]:
    """Give the operations of all APIs, by signing name, which several may share; it takes seconds."""
    found: dict[str, frozenset[str]] = {}
    for api in Loader().list_available_services("service-2"):
        for name, operations in _operations(api).items():
            found[name] = found.get(name, frozenset()) | operations
    return found
