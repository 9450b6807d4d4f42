"""The account's one endpoint: tells the service from the signature, enforces, injects faults, records, dispatches."""

from __future__ import annotations

import asyncio
import json
import traceback
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from simulator import closed_regions, ministack_services, moto_services, permissions, principals, throttle, trail, trust
from simulator.aws_call import AwsCall, credential_scope, operation_name
from simulator.calls import CallLog, error_code
from simulator.clock import CLOCK
from simulator.control import ControlPlane, ControlPlaneError
from simulator.errors import error_response
from simulator.faults import FAULTS
from simulator.resource_shares import api as resource_shares

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from simulator.errors import Response

    Receive = Callable[[], Awaitable[dict[str, Any]]]
    Send = Callable[[dict[str, Any]], Awaitable[None]]

CONTROL_PREFIX = "/_simulator/"
_OWN_SERVICES = {
    resource_shares.SERVICE: resource_shares.answer,
    **dict.fromkeys(moto_services.SERVICES, moto_services.answer),
}
"""Signing name of a service that MiniStack does not answer → who does."""

MAX_BODY_BYTES = 256 * 1024 * 1024
"""Larger than any asset or API call; a request beyond it is refused."""


class Gateway:
    """The ASGI application. `account` and `region` are those of calls that name none."""

    def __init__(self, *, account: str, region: str, throttled: bool) -> None:
        self.account = account
        self.region = region
        throttle.SETTINGS.throttled = throttled
        self._throttle = throttle.Throttle()
        self.calls = CallLog()
        self.control = ControlPlane(self.calls)

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        body = await _read(receive)
        if body is None:
            await _send(send, (413, {"Content-Type": "text/plain"}, b"the request is too large"))
        elif scope["path"].startswith(CONTROL_PREFIX):
            await _send(send, await self._control(scope, body))
        else:
            status, headers, answer = await self._aws(scope, body)
            others = {name: value for name, value in headers.items() if name.lower() != "date"}
            await _send(send, (status, {**others, "Date": format_datetime(_date(scope), usegmt=True)}, answer))

    async def _control(self, scope: dict[str, Any], body: bytes) -> Response:
        action = scope["path"].removeprefix(CONTROL_PREFIX)
        try:
            status, answer = 200, await asyncio.to_thread(self.control.handle, scope["method"], action, body)
        except ControlPlaneError as error:
            status, answer = error.status, {"error": str(error)}
        except Exception as error:  # noqa: BLE001 - a mistake in the simulation, told to whoever met it
            traceback.print_exc()
            status, answer = 500, {"error": f"the simulation failed: {error!r}"}
        return status, {"Content-Type": "application/json"}, json.dumps(answer).encode()

    async def _aws(self, scope: dict[str, Any], body: bytes) -> Response:
        raw_headers = list(scope["headers"])
        call = self._identify(scope, body)
        if not call.service:
            return await ministack_services.answer(call, raw_path=scope["raw_path"], raw_headers=raw_headers)
        try:
            response = closed_regions.refuse(call) or trust.refuse(call) or await self._faulted(call)
            response = response or await self._dispatch(call, scope["raw_path"], raw_headers)
            trail.pass_on(call, response)
        except Exception as error:  # noqa: BLE001 - a mistake in the simulation, told to whoever met it
            traceback.print_exc()
            response = error_response(call, code="InternalFailure", message=f"not simulated: {error!r}", status=500)
        status, headers, answer = response
        self.calls.record(
            call,
            time=CLOCK.now().isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            status=status,
            error=error_code(status, headers, answer),
        )
        return response

    def _identify(self, scope: dict[str, Any], body: bytes) -> AwsCall:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        query = scope["query_string"].decode("latin-1")
        access_key, region, service = credential_scope(headers, query) or ("", self.region, "")
        account, principal = principals.caller(access_key, default_account=self.account)
        request = {
            "method": scope["method"],
            "path": scope["path"],
            "query": query,
            "headers": headers,
            "body": body,
        }
        return AwsCall(
            service=service,
            operation=operation_name(service, **request) if service else "",
            region=region,
            access_key=access_key,
            account=account,
            principal=principal,
            **request,
        )

    async def _faulted(self, call: AwsCall) -> Response | None:
        if throttle.SETTINGS.throttled and not self._throttle.allows(call):
            return error_response(
                call, code=throttle.ERROR_CODE, message=throttle.ERROR_MESSAGE, status=throttle.ERROR_STATUS
            )
        fault = FAULTS.take(call.service, call.operation, account=call.account)
        if fault is None:
            return None
        await asyncio.sleep(fault.delay_ms / 1000)
        if fault.code is None:
            return None
        return error_response(call, code=fault.code, message="ordered by a fault", status=fault.status)

    async def _dispatch(self, call: AwsCall, raw_path: bytes, raw_headers: list[tuple[bytes, bytes]]) -> Response:
        ours = _OWN_SERVICES.get(call.service)
        if ours is None:
            principals.enforced.set(principals.is_role_session(call.principal))
            permissions.request_keys.set(permissions.keys_of(call))
            return await ministack_services.answer(call, raw_path=raw_path, raw_headers=raw_headers)
        if refusal := permissions.refuse(call):
            return refusal
        return await asyncio.to_thread(ours, call)


def _date(scope: dict[str, Any]) -> datetime:
    """The account's own time, for whoever takes it from AWS's answers.

    Not for the SDK of the CDK CLI: it tries every refusal again, for three quarters of a minute, where its clock and
    AWS's are more than five minutes apart.
    """
    agent = next((value for name, value in scope["headers"] if name.lower() == b"user-agent"), b"")
    return datetime.now(UTC) if b"aws-sdk-js" in agent else CLOCK.now()


async def _read(receive: Receive) -> bytes | None:
    chunks, size = [], 0
    while size <= MAX_BODY_BYTES:
        message = await receive()
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if not message.get("more_body"):
            return b"".join(chunks)
    return None


async def _send(send: Send, response: Response) -> None:
    status, headers, body = response
    wire = [
        (name.encode("latin-1"), value.encode("latin-1"))
        for name, value in headers.items()
        if name.lower() not in ("content-length", "transfer-encoding")
    ]
    wire.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": wire})
    await send({"type": "http.response.body", "body": body})
