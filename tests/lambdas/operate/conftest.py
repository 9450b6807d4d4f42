"""The accounts of the remediations, with the time of AWS's answers as the function for people reads it."""

from __future__ import annotations

from email.utils import format_datetime
from typing import Any

import pytest
from botocore.client import BaseClient

from simulator.clock import CLOCK
from tests.lambdas.align_albs.conftest import world as balanced  # noqa: F401 - a fixture
from tests.lambdas.extend_vpcs.conftest import world as extensible  # noqa: F401 - a fixture
from tests.lambdas.refill_pools.conftest import calls, world  # noqa: F401 - fixtures
from tests.lambdas.release_eips.conftest import person  # noqa: F401 - a fixture


@pytest.fixture(autouse=True)
def dated(calls: object, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811, ARG001 - after the calls are watched
    """Date the answers that tell the time, which moto leaves out."""
    call = BaseClient._make_api_call  # type: ignore[attr-defined]

    def dating(self: BaseClient, operation: str, parameters: Any) -> Any:
        answer = call(self, operation, parameters)
        if operation == "BatchGetItem":
            answer["ResponseMetadata"]["HTTPHeaders"]["date"] = format_datetime(CLOCK.now(), usegmt=True)
        return answer

    monkeypatch.setattr(BaseClient, "_make_api_call", dating)
