"""What is remembered of load balancers, as it stands in the table."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lambdas.align_albs import memory
from lambdas.align_albs.model import Memory
from tests.lambdas.align_albs.fleets import OTHER, POOL, alb

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ARN = alb().arn
FIRST = Memory(pool=POOL, before=frozenset({"54.0.0.2", "54.0.0.1"}), converging=True)
NEXT = Memory(pool=POOL, spilled=frozenset({"54.0.0.8"}), spills=2)
UNDONE = Memory(pool="", kept_off=POOL)
pytestmark = pytest.mark.usefixtures("aws")


def kept() -> Memory | None:
    return memory.read([ARN]).memories.get(ARN)


def test_what_a_look_saw_is_kept_instead_of_what_it_read() -> None:
    assert memory.keep_instead(ARN, FIRST, of=None, now=NOW)
    assert kept() == FIRST
    assert memory.keep_instead(ARN, NEXT, of=FIRST, now=NOW)
    assert kept() == NEXT


@pytest.mark.parametrize("read", [None, FIRST, Memory(pool=OTHER)])
def test_what_somebody_wrote_since_the_look_stays(read: Memory | None) -> None:
    memory.keep(ARN, UNDONE, now=NOW)
    assert not memory.keep_instead(ARN, NEXT, of=read, now=NOW)
    assert kept() == UNDONE


def test_what_is_written_a_second_time_was_written() -> None:
    memory.keep(ARN, FIRST, now=NOW)
    assert [memory.keep_instead(ARN, NEXT, of=FIRST, now=NOW) for _ in range(2)] == [True, True]


def test_what_a_person_decides_is_kept_whatever_was_there() -> None:
    memory.keep(ARN, FIRST, now=NOW)
    memory.keep(ARN, UNDONE, now=NOW)
    assert kept() == UNDONE
