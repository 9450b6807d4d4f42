"""How a pool's room is shared out among those that are to move there."""

from __future__ import annotations

from lambdas.align_albs.room import Room
from tests.lambdas.align_albs.fleets import POOL, alb, fleet, pool


def test_a_pool_whose_addresses_are_not_known_has_no_room() -> None:
    assert Room.of(fleet([alb(pool=POOL)], [pool(space=None)]), POOL) == Room(size=0, free=0, owed=0)


def test_nothing_is_owed_to_one_that_takes_no_pools_or_has_more_than_an_address_for_each_zone() -> None:
    internal = alb(1, pool=POOL, scheme="internal")
    rich = alb(2, pool=POOL, zones=1, addresses=frozenset({"198.51.100.1", "198.51.100.2"}))
    poor = alb(3, pool=POOL)

    assert Room.of(fleet([internal, rich], [pool()]), POOL).owed == 0
    assert Room.of(fleet([internal, rich, poor], [pool()]), POOL).owed == 2


def test_who_takes_claims_more_than_it_will_have() -> None:
    room = Room(size=16, free=13, owed=1)

    assert [room.take(2, 6), room.take(2, 6), room.take(1, 1)] == [True, True, False]
    assert (room.claimed, room.taken, room.asked) == (12, 4, 0)


def test_who_waits_needs_room_beside_what_the_others_will_have() -> None:
    room = Room(size=16, free=12, owed=0, claimed=12, taken=4)

    assert [room.wait(2, 6), room.wait(2, 6), room.wait(2, 5)] == [True, True, False]
    assert (room.taken, room.asked) == (8, 5)
    assert room.lacking == 8 + 5 - 12


def test_room_that_is_just_enough_is_enough() -> None:
    assert Room(size=6, free=6, owed=0).wait(2, 6)
    assert not Room(size=6, free=6, owed=1).wait(2, 6)
