"""What AWS lets each kind of pool have."""

from __future__ import annotations

from typing import Any

import pytest

from tests.lambdas.refill_pools.test_plan import cidr, pool, space

TOP: dict[str, Any] = {"source_pool_id": None}
AMAZONS: dict[str, Any] = {**TOP, "scope_type": "public", "public_ip_source": "amazon"}
SIX: dict[str, Any] = {"family": "ipv6"}


@pytest.mark.parametrize(
    ("changes", "amazons", "costs_money"),
    [
        (AMAZONS, True, True),
        ({**AMAZONS, **SIX}, True, False),
        ({**AMAZONS, "scope_type": "private"}, False, False),
        ({**AMAZONS, "public_ip_source": "byoip"}, False, False),
        ({**AMAZONS, "source_pool_id": "ipam-pool-0"}, False, False),
        (TOP, False, False),
    ],
)
def test_money_is_spent_on_amazons_ipv4_blocks_alone(
    changes: dict[str, Any], *, amazons: bool, costs_money: bool
) -> None:
    assert (pool(**changes).amazon_owned, pool(**changes).contiguous) == (amazons, costs_money)


@pytest.mark.parametrize(
    ("changes", "widest", "narrowest"),
    [
        (AMAZONS, 29, 30),
        ({**AMAZONS, **SIX}, 40, 52),
        ({"regional_byoip": True}, 0, 24),
        ({"regional_byoip": True, **SIX}, 0, 60),
        ({"regional_byoip": True, **SIX, "advertisable": True}, 0, 48),
        ({**TOP, **SIX}, 9, 60),
        ({**SIX}, 0, 128),
        ({**TOP, **SIX, "scope_type": "public", "public_ip_source": "byoip"}, 0, 128),
        (TOP, 0, 32),
    ],
)
def test_each_kind_of_pool_has_its_netmask_lengths(changes: dict[str, Any], widest: int, narrowest: int) -> None:
    lengths = pool(**changes).netmask_lengths
    assert (lengths[0], lengths[-1]) == (widest, narrowest)


def test_pools_share_their_source_or_else_their_scope() -> None:
    assert pool(source_pool_id="ipam-pool-0", scope_id="ipam-scope-1").draws_from == "ipam-pool-0"
    assert pool(source_pool_id=None, scope_id="ipam-scope-1").draws_from == "ipam-scope-1"


def test_only_what_is_provisioned_has_addresses_and_what_is_allocated_elsewhere_takes_none() -> None:
    seen = space("10.0.0.0/24", cidr("10.0.1.0/24", "pending-provision"), used=("10.0.0.0/26", "10.9.0.0/24"))
    assert (seen.size, seen.used, seen.largest_free) == (256, 64, 128)
