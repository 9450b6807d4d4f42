"""The account that the function is woken in: load balancers, and an IPAM with public pools."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

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
    monkeypatch.setattr("lambdas.align_albs.alignment.PACE_SECONDS", 0.0)
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
