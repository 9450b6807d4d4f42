"""The clocks of addresses as they stand in the table."""

from __future__ import annotations

import pytest

from lambdas.common import guards
from lambdas.common.decision import Outcome
from lambdas.common.guards import OutdatedError
from lambdas.release_eips import clocks
from tests.lambdas.common.beginning import NOW, decision

pytestmark = pytest.mark.usefixtures("aws")

ADDRESS = "eipalloc-1"


def test_who_ends_a_release_late_does_not_end_the_next_one_of_the_same_decision() -> None:
    begin()
    late = clocks.read([ADDRESS])[ADDRESS]
    clocks.end(late, released=False, tried_at=None, now=NOW)
    begin()
    clocks.use(ADDRESS, at=NOW, now=NOW)
    held = clocks.read([ADDRESS])[ADDRESS]
    assert held.lease.decision_id == late.lease.decision_id

    with pytest.raises(OutdatedError):
        clocks.end(late, released=False, tried_at=None, now=NOW)
    assert clocks.read([ADDRESS])[ADDRESS] == held
    assert clocks.end(held, released=False, tried_at=None, now=NOW).lease.decision_id == ""


def begin() -> None:
    lease = clocks.read([ADDRESS])[ADDRESS].lease
    assert guards.begin(decision(ADDRESS), lease=lease, again={Outcome.INTENDED}, now=NOW) is None
