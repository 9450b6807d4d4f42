"""The memory of a look at many addresses, at a size that takes half a minute."""

from __future__ import annotations

import pytest

from bench import many_addresses
from bench.result import OURS


@pytest.mark.deep
def test_a_look_takes_less_memory_than_its_limit_beside_a_peer_that_is_measured_alike() -> None:
    found = many_addresses.measure(sizes=(50,))
    assert [row.contender for row in found.rows] == [OURS, "Cloud Custodian"]
    ours, theirs = (row.figures[many_addresses.MEMORY.name].median for row in found.rows)
    assert 20 < ours < many_addresses.MEMORY.limit  # type: ignore[operator]
    assert theirs > 20
