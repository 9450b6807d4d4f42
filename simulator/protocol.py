"""Requests and answers of an AWS API, read and written by botocore's model of it, for what neither library answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request
from moto.core.serialize import SerializationContext, get_serializer_class
from moto.core.utils import get_service_model

from simulator.aws_call import MODEL_NAMES

if TYPE_CHECKING:
    from simulator.aws_call import AwsCall
    from simulator.errors import Response


def parameters_of(call: AwsCall) -> dict[str, Any]:
    """What a call asks, by the member names of its API."""
    request = Request.from_primitives(call.method, f"http://localhost{call.path}?{call.query}", call.headers, call.body)
    wire = {"values": request.values, "headers": request.headers, "body": request.data}
    return _parsed(call.service, call.operation, {"method": call.method, "url_path": call.path, **wire})


def form_parameters(service: str, operation: str, form: dict[str, str]) -> dict[str, Any]:
    """What a form of the query protocol asks, by the member names of the API."""
    return _parsed(service, operation, {"method": "POST", "url_path": "/", "values": form, "headers": {}, "body": b""})


def answer(service: str, operation: str, result: dict[str, Any]) -> Response:
    """The answer that carries `result`, by the member names of the API."""
    model = _model(service)
    serializer = get_serializer_class(model.service_name, model.protocol)(
        operation_model=model.operation_model(operation), context=SerializationContext()
    )
    written = serializer.serialize(result)
    body = written["body"]
    return written["status_code"], dict(written["headers"]), body.encode() if isinstance(body, str) else body


def _parsed(service: str, operation: str, wire: dict[str, Any]) -> dict[str, Any]:
    model = _model(service)
    parser = PROTOCOL_PARSERS[model.protocol](model.operation_model(operation))
    parsed: dict[str, Any] = parser.parse({**wire, "url_params": {}})
    return parsed


def _model(service: str) -> Any:  # noqa: ANN401 - moto is untyped
    return get_service_model(MODEL_NAMES.get(service, service))
