"""The account that the function is woken in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.lambdas.extend_vpcs.world import EXTEND, World
from tests.lambdas.refill_pools.conftest import calls  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.lambdas.refill_pools.world import Calls


@pytest.fixture
def world(configure: Callable[..., None], calls: Calls) -> World:  # noqa: F811, ARG001
    """An account with a pool for VPCs of its Region."""
    made = World()

    def settings(**changes: Any) -> None:
        configure(refill_pools=None, extend_vpcs={**EXTEND, **changes})

    made.configure = settings
    settings()
    return made
