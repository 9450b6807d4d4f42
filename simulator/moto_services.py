"""EC2 and Elastic Load Balancing, answered by moto in this process."""

from __future__ import annotations

import functools
import threading
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from moto.core import responses
from moto.core.request import Request
from moto.ec2.responses import EC2Response
from moto.elb.urls import api_version_elb_backend
from werkzeug.exceptions import HTTPException

from simulator import ipam, load_balancers, machine_images, organization, organizations_api
from simulator.clock import timers_under

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.aws_call import AwsCall
    from simulator.errors import Response

_LOCK = threading.RLock()


@contextmanager
def exclusively() -> Iterator[None]:
    """Have moto's state, which is made for one thread, to oneself; timers that are set meanwhile will have it too."""
    with _LOCK:
        token = timers_under.set(_LOCK)
        try:
            yield
        finally:
            timers_under.reset(token)


_DISPATCH = {"ec2": EC2Response.dispatch, "elasticloadbalancing": api_version_elb_backend}

SERVICES = frozenset(_DISPATCH)
"""Signing names of the services that moto answers here."""


def install() -> None:
    """Teach moto the load balancers, the Elastic IPs that they hold and the IPAM that these are from.

    IPAM gets to know the organisations that there are.
    """
    load_balancers.install()
    remember_methods()
    machine_images.keep_few()
    ipam.use_directory(organization.organization_of)
    organizations_api.on_change(_tell_ipam)


def remember_methods() -> None:
    """Have moto look at the methods of a service once, not for each call: a third of the time that EC2 takes."""
    responses.method_names_from_class = functools.cache(responses.method_names_from_class)


def answer(call: AwsCall) -> Response:
    """Let moto carry out `call` in the caller's account and Region."""
    url = f"https://{call.service}.{call.region}.amazonaws.com{call.path}"
    if call.query:
        url = f"{url}?{call.query}"
    request = Request.from_primitives(call.method, url, {**call.headers, "x-moto-account-id": call.account}, call.body)
    with exclusively():
        try:
            status, headers, body = _DISPATCH[call.service](request, request.url, request.headers)
        except HTTPException as error:
            response = error.get_response()
            status, headers, body = response.status_code, dict(response.headers), response.get_data()
        except NotImplementedError:
            return _unsupported(call)
    return (
        int(status),
        {k: str(v) for k, v in dict(headers).items()},
        body.encode() if isinstance(body, str) else body,
    )


def _tell_ipam(changed: organization.Organization) -> None:
    with exclusively():
        ipam.organization_changed(changed)


def _unsupported(call: AwsCall) -> Response:
    message = escape(f"The action {call.operation} is not valid for this web service.")
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error><Code>InvalidAction</Code>'
        f"<Message>{message}</Message></Error></Errors><RequestID>{uuid.uuid4()}</RequestID></Response>"
    )
    return 400, {"Content-Type": "text/xml"}, body.encode()
