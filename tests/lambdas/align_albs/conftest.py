"""The account that the function is woken in: load balancers, and an IPAM with public pools."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from simulator import load_balancers
from simulator.load_balancers.settings import SETTINGS as LOAD_BALANCERS
from simulator.load_balancers.settings import PoolChange
from tests.lambdas.align_albs.world import ALIGN, World
from tests.lambdas.refill_pools.conftest import calls  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.lambdas.refill_pools.world import Calls


@pytest.fixture
def world(configure: Callable[..., None], calls: Calls, monkeypatch: pytest.MonkeyPatch) -> World:  # noqa: F811, ARG001
    """An account whose Region has a pool that load balancers belong on."""
    load_balancers.install()
    monkeypatch.setattr("lambdas.align_albs.run.PACE_SECONDS", 0.0)
    made = World()

    def settings(**changes: Any) -> None:
        configure(refill_pools=None, align_albs={**ALIGN, "pools": {"us-east-1": made.pool}, **changes})

    made.configure = settings
    settings()
    return made


@pytest.fixture
def lingering() -> Iterator[None]:
    """Addresses in use stay when the pool changes."""
    LOAD_BALANCERS.pool_change = PoolChange.LINGERS
    yield
    LOAD_BALANCERS.pool_change = PoolChange.REPLACES


@pytest.fixture
def unreadable(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:  # noqa: F811, ARG001 - sets up
    """Have AWS refuse to tell what a pool has, whoever asks and however often; with no code, have it tell again."""
    refusals: dict[tuple[str, str], str] = {}
    call = BaseClient._make_api_call  # type: ignore[attr-defined]

    def refusing(self: BaseClient, operation: str, parameters: Any) -> Any:
        if code := refusals.get((operation, parameters.get("IpamPoolId", ""))):
            error: Any = {"Error": {"Code": code, "Message": f"{code}, says the test"}}
            raise ClientError(error, operation)
        return call(self, operation, parameters)

    def refuse(pool: str, code: str, operation: str = "GetIpamPoolCidrs") -> None:
        refusals[operation, pool] = code

    monkeypatch.setattr(BaseClient, "_make_api_call", refusing)
    return refuse
