"""Judges with the whole truth: which release was wrong, which address was kept for nothing, what was not told."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING

from lambdas.common.dynamo import timestamp
from lambdas.release_eips.plan import TOLD
from tests.lambdas.release_eips.function import RELEASES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from lambdas.common.settings import ReleaseSettings
    from tests.lambdas.release_eips.world import Elastic, Release, World

GRACE = timedelta(seconds=RELEASES["grace"])
"""As the histories' configuration has it, whatever the functions make of that."""


def wrongs(world: World, conf: ReleaseSettings) -> list[str]:
    """Everything that a promise forbids, in words."""
    found = [f"{each.address.allocation_id}: {wrong}" for each in world.releases for wrong in _wrong(world, each, conf)]
    # A run counts in the period in which it began, by its own time; what happens meanwhile can take it into the next.
    times = [each.intended_at or each.at for each in world.releases]
    beats = Counter(time.timestamp() // conf.sweep_period.total_seconds() for time in times)
    found += [f"{count} releases in one run" for count in beats.values() if count > conf.max_releases_per_run]
    return found + list(_records(world))


def is_to_go(address: Elastic, conf: ReleaseSettings, *, now: datetime) -> bool:
    """Say whether nothing at all speaks for an address, once it is idle for long enough."""
    kind = {"amazon": "amazon", "ipam": "ipam"}.get(address.pool.split("-")[0], "byoip")
    return kind in conf.include and not (
        address.associated
        or address.service_managed
        or address.locked
        or any(_evidence(address).values())
        or _kept_by_tags(address, conf, now)
    )


def _wrong(world: World, release: Release, conf: ReleaseSettings) -> Iterator[str]:
    address, view, at = release.address, release.view, release.at
    second_look = view.read.get(f"second look {address.allocation_id}", view.heard)
    if release.intended_at is None:
        yield "released without an intent in the ledger"
    if address.service_managed or address.stack:
        yield "released although it is not ours to release"
    if address.associated and not any(number > second_look for _, number in address.uses):
        yield "released while it was associated, which the second look showed"
    for kind, spoke in _evidence(address).items():
        if spoke and address.since.get(kind, 0) <= view.read.get(kind, -1):
            yield f"released in spite of {kind}, which was to be seen"
    if _kept_by_tags(address, conf, at) and address.since.get("tags", 0) <= second_look:
        yield "released in spite of its tags, which the second look showed"
    if any(at - time < GRACE and number <= view.heard for time, number in address.uses):
        yield f"released at {at} within its grace, used at {[str(time) for time, _ in address.uses]}"
    late = [number for _, number in address.uses if number > view.heard]
    if late and not _told(world, address, "done", "reassociated"):
        yield "put to use during the run that released it, and nobody was told"
    if not _was_told_before(world, release, timestamp(at - conf.warn_before)):
        yield "released without a warning early enough"


def _records(world: World) -> Iterator[str]:
    released = {each.address.allocation_id for each in world.releases}
    done = {item["resource_id"] for item in world.ledger() if (item["record"], item["outcome"]) == ("act", "done")}
    if unknown := released - done:
        yield f"released, but not so in the ledger: {sorted(unknown)}"
    for item in world.ledger():
        if item["outcome"] == "intended":
            yield f"still intended in the ledger: {item['resource_id']}"
    if len(world.releases) != len(released):
        yield "released twice"


def _evidence(address: Elastic) -> dict[str, bool]:
    return {"ptr": address.ptr, "transfer": address.transfer, "dns": address.dns, "stack": address.stack}


def _kept_by_tags(address: Elastic, conf: ReleaseSettings, now: datetime) -> bool:
    tags = address.tags
    if tags.get("poolwarden:protect") == "true" or any(tags.get(key) == each for key, each in conf.keep_tags.items()):
        return True
    until = tags.get("poolwarden:keep-until")
    if until is None:
        return False
    try:
        return now < _midnight_after(date.fromisoformat(until), now)
    except ValueError:
        return True


def _midnight_after(day: date, now: datetime) -> datetime:
    return now.replace(year=day.year, month=day.month, day=day.day, hour=0, minute=0) + timedelta(days=1)


def _told(world: World, address: Elastic, outcome: str, reason: str) -> bool:
    return any(
        (each["resource_id"], each["outcome"], each["reason"]) == (address.allocation_id, outcome, reason)
        for each in world.told
    )


def _was_told_before(world: World, release: Release, latest: str) -> bool:
    """Say whether people heard of it since the last use that the run could know of."""
    known = (time for time, number in release.address.uses if number <= release.view.heard)
    last_use = timestamp(max(known, default=world.begin))
    return any(
        each["resource_id"] == release.address.allocation_id
        and each["reason"] in TOLD
        and last_use <= each["time"] <= latest
        for each in world.told
    )
