"""Turns and caps as they stand in the guards' table, and what they let begin."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from lambdas.common import guards, limits
from lambdas.common.guards import OutdatedError
from lambdas.common.limits import Cap, Turn
from tests.lambdas.account import GUARDS, LEDGER, items
from tests.lambdas.common.beginning import NOW, begin, decision, lease_of

pytestmark = pytest.mark.usefixtures("aws")


def test_who_comes_second_with_something_shared_looks_again() -> None:
    seen = limits.turns("refill_pools", ["ipam-pool-0"])["ipam-pool-0"]
    assert begin(decision("ipam-pool-1"), turn=seen) is None
    with pytest.raises(OutdatedError, match="ipam-pool-2"):
        begin(decision("ipam-pool-2"), turn=seen)
    assert lease_of("ipam-pool-2").decision_id == ""
    assert begin(decision("ipam-pool-2")) is None


def test_those_who_take_from_something_shared_are_counted_from_none() -> None:
    assert limits.turns("refill_pools", ["ipam-pool-0"]) == {"ipam-pool-0": Turn(guard="turn#refill_pools#ipam-pool-0")}
    begin(decision("ipam-pool-1"))
    begin(decision("ipam-pool-2"))
    assert limits.turns("refill_pools", ["ipam-pool-0"])["ipam-pool-0"].number == 2


def test_a_cap_lets_so_many_decisions_begin_in_a_day_and_no_more() -> None:
    caps = (Cap(what="all", maximum=2),)
    assert [begin(decision(f"ipam-pool-{number}"), caps=caps) for number in range(4)] == [
        None,
        None,
        "daily-cap",
        "daily-cap",
    ]
    assert len(items(LEDGER)) == 2


def test_a_retry_does_not_count_twice() -> None:
    caps = (Cap(what="all", maximum=1),)
    assert begin(decision(), caps=caps) is None
    assert begin(decision(), caps=caps) is None


def test_a_cap_of_none_lets_nothing_begin() -> None:
    assert begin(decision(), caps=(Cap(what="all", maximum=0),)) == "daily-cap"


def test_tomorrow_counts_anew() -> None:
    caps = (Cap(what="all", maximum=1),)
    begin(decision("ipam-pool-1"), caps=caps)
    turn = limits.turns("refill_pools", ["ipam-pool-0"])["ipam-pool-0"]
    tomorrow = NOW + timedelta(days=1)
    assert (
        guards.begin(decision("ipam-pool-2"), lease=lease_of("ipam-pool-2"), turn=turn, caps=caps, now=tomorrow) is None
    )


def test_every_cap_counts_or_none_does() -> None:
    both = (Cap(what="all", maximum=1), Cap(what="ipam-pool-2", maximum=5))
    begin(decision("ipam-pool-1"), caps=both[:1])
    assert begin(decision("ipam-pool-2"), caps=both) == "daily-cap"
    assert not [item for item in items(GUARDS) if item["guard"] == "cap#refill_pools#ipam-pool-2#2026-03-01"]


def test_a_cap_holds_for_decisions_that_begin_at_once() -> None:
    caps = (Cap(what="all", maximum=3),)

    def one(number: int) -> str | None:
        # Turns of their own, so that nothing but the cap stands between them.
        return begin(decision(f"ipam-pool-{number}"), turn=Turn(guard=f"turn#{number}"), caps=caps)

    with ThreadPoolExecutor(10) as threads:
        answers = list(threads.map(one, range(10)))
    assert sorted(map(str, answers)) == ["None"] * 3 + ["daily-cap"] * 7


def test_what_counts_against_a_cap_is_counted_by_day_or_by_what_it_is_within() -> None:
    today, within = (
        Cap(what="all", maximum=9),
        Cap(what="all", maximum=9, within="run-1"),
    )
    begin(decision(), caps=(today, within))
    begin(decision("ipam-pool-2"), caps=(today,))

    def counted(remediation: str = "refill_pools", *, within: str = "", now: datetime = NOW) -> dict[str, int]:
        return limits.counted(remediation, ["all", "other"], within=within, now=now)

    assert counted() == {"all": 2, "other": 0}
    assert counted(within="run-1") == {"all": 1, "other": 0}
    assert counted(now=NOW + timedelta(days=1)) == {"all": 0, "other": 0}
    assert counted("release_eips") == {"all": 0, "other": 0}
    assert limits.counted("refill_pools", ["all"], now=NOW) == {"all": 2}
