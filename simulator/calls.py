"""The record of every AWS API call since the start."""

from __future__ import annotations

import html
import json
import re
import threading
from typing import TYPE_CHECKING, Any

import cbor2

if TYPE_CHECKING:
    from simulator.aws_call import AwsCall

_FIRST_ERROR_STATUS = 400
_XML_CODE = re.compile(rb"<Code>([^<]+)</Code>")
_XML_MESSAGE = re.compile(rb"<Message>([^<]*)</Message>")


class CallLog:
    """What `GET /_simulator/calls` answers, oldest first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: list[dict[str, Any]] = []

    def record(self, call: AwsCall, *, time: str, status: int, error: str | None) -> None:
        """Note that `call` was answered with `status`; `error` is AWS's error code or None."""
        entry = {
            "time": time,
            "service": call.service,
            "operation": call.operation,
            "account": call.account,
            "region": call.region,
            "principal": call.principal,
            "mutating": call.mutating,
            "status": status,
            "error": error,
        }
        with self._lock:
            self._calls.append(entry)

    def entries(self) -> list[dict[str, Any]]:
        """All calls so far, oldest first."""
        with self._lock:
            return list(self._calls)

    def clear(self) -> None:
        """Forget the calls so far."""
        with self._lock:
            self._calls.clear()


def error_code(status: int, headers: dict[str, str], body: bytes) -> str | None:
    """AWS's error code out of an answer in any of its protocols; None for a success."""
    if status < _FIRST_ERROR_STATUS:
        return None
    lowered = {name.lower(): value for name, value in headers.items()}
    if named := lowered.get("x-amzn-errortype"):
        return named.split(":")[0]
    if found := _XML_CODE.search(body):
        return found[1].decode("utf-8", "replace")
    try:
        document = cbor2.loads(body) if "cbor" in lowered.get("content-type", "") else json.loads(body)
        return str(document["__type"]).rpartition("#")[2]
    except (ValueError, KeyError, TypeError, cbor2.CBORDecodeError):
        return str(status)


def error_message(body: bytes) -> str:
    """The text of an error answered in XML; empty when there is none."""
    found = _XML_MESSAGE.search(body)
    return html.unescape(found[1].decode("utf-8", "replace")) if found else ""
