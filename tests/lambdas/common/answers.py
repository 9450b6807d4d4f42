"""Answers of DynamoDB that moto does not give."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from botocore.client import BaseClient
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest


def answering(monkeypatch: pytest.MonkeyPatch, operation: str, *answers: Callable[[Any], Any]) -> list[float]:
    """Let DynamoDB answer the next calls of an operation so, given what moto says; how long was waited meanwhile."""
    waits: list[float] = []
    monkeypatch.setattr("time.sleep", waits.append)
    left = list(answers)
    call = BaseClient._make_api_call  # type: ignore[attr-defined]

    def answer(self: BaseClient, called: str, asked: Any) -> Any:
        given = functools.partial(call, self, called, asked)
        return left.pop(0)(given) if called == operation and left else given()

    monkeypatch.setattr(BaseClient, "_make_api_call", answer)
    return waits


def cancelled(*codes: str) -> Callable[[Any], Any]:
    """A transaction that is cancelled for these reasons, one for each of its writes."""
    return refused("TransactionCanceledException", {"CancellationReasons": [{"Code": code} for code in codes]})


def refused(code: str, more: Any = None) -> Callable[[Any], Any]:
    def refuse(_: Any) -> Any:
        answer: Any = {"Error": {"Code": code, "Message": "no"}, **(more or {})}
        raise ClientError(answer, "TransactWriteItems")

    return refuse
