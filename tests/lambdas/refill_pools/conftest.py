"""The account that the function is woken in."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.client import BaseClient

from lambdas.common.aws_clients import CONFIG
from tests.lambdas.refill_pools.world import Calls, World


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch, aws: None) -> Calls:  # noqa: ARG001 - sets up
    """What the function calls; the test's own clients are told apart by their user agent."""
    watched = Calls()
    call = BaseClient._make_api_call  # type: ignore[attr-defined]

    def watching(self: BaseClient, operation: str, parameters: Any) -> Any:
        if self.meta.config.user_agent_extra != CONFIG.user_agent_extra:  # type: ignore[attr-defined]
            return call(self, operation, parameters)
        watched.counted[operation] += 1
        if operation in watched.meanwhile:
            watched.meanwhile.pop(operation)()
        if watched.before.get(operation):
            raise watched.before[operation].pop(0)
        watched.sent[operation].append(parameters)
        answer = call(self, operation, parameters)
        if watched.after.get(operation):
            raise watched.after[operation].pop(0)
        return answer

    monkeypatch.setattr(BaseClient, "_make_api_call", watching)
    return watched


@pytest.fixture
def world(calls: Calls) -> World:  # noqa: ARG001 - watches from the beginning
    return World()
