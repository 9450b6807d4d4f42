"""The promises broken on purpose: which text of the functions, replaced by what, breaks which one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Judge = Literal["soak", "histories", "refills"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Break:
    """One promise broken, by its number in README.md: `text` stands exactly once in `file`.

    Each of the `judges` must name it: the chaos soak, the random histories of addresses, or the random refills.
    """

    name: str
    promise: int
    file: str
    text: str
    replacement: str
    judges: tuple[Judge, ...] = ("soak",)


BOTH: tuple[Judge, ...] = ("soak", "histories")

BREAKS = (
    Break(
        name="second-look-ignored",
        promise=1,
        file="lambdas/release_eips/release.py",
        text="return _changed(run, replace(case, address=seen)) or seen",
        replacement="return seen",
        judges=BOTH,
    ),
    Break(
        name="grace-ignored",
        promise=1,
        file="lambdas/common/settings.py",
        text='grace=timedelta(seconds=document["grace"])',
        replacement="grace=timedelta(0)",
        judges=BOTH,
    ),
    Break(
        name="keep-until-ignored",
        promise=1,
        file="lambdas/release_eips/plan.py",
        text="if case.now.date() <= day:",
        replacement="if not day:",
        judges=BOTH,
    ),
    Break(
        name="dns-ignored",
        promise=1,
        file="lambdas/release_eips/plan.py",
        text='(evidence.dns, Outcome.BLOCKED, "dns-record"',
        replacement='(None, Outcome.BLOCKED, "dns-record"',
        judges=BOTH,
    ),
    Break(
        name="old-evidence",
        promise=1,
        file="lambdas/release_eips/evidence.py",
        text="OLDEST = timedelta(seconds=230)",
        replacement="OLDEST = timedelta(days=1)",
    ),
    Break(
        name="resources-ignored",
        promise=2,
        file="lambdas/refill_pools/reading.py",
        text="return (*cidrs, *resources)",
        replacement="return tuple(cidrs)",
        judges=("soak", "refills"),
    ),
    Break(
        name="leases-not-read",
        promise=3,
        file="lambdas/common/guards.py",
        text="return {resource: as_lease(item) for resource, item in lease_items(remediation, resource_ids).items()}",
        replacement="return {each: Lease(guard=lease_key(remediation, each)) for each in resource_ids}",
        judges=("refills",),
    ),
    Break(
        name="turns-not-read",
        promise=3,
        file="lambdas/common/limits.py",
        text='"attribute_not_exists(#number) OR #number = :seen"',
        replacement='"attribute_not_exists(nothing) OR #number = :seen"',
        judges=("refills",),
    ),
    Break(
        name="token-of-the-content",
        promise=3,
        file="lambdas/refill_pools/refill.py",
        text='token=f"poolwarden-{decision.id}"',
        replacement='token=f"poolwarden-{pool.id}-{decision.subject}"',
        judges=("refills",),
    ),
    Break(
        name="token-of-the-call",
        promise=3,
        file="lambdas/refill_pools/refill.py",
        text='token=f"poolwarden-{decision.id}"',
        replacement="token=f\"poolwarden-{decision.id}-{__import__('uuid').uuid4()}\"",
        judges=("soak", "refills"),
    ),
    Break(
        name="no-caps",
        promise=4,
        file="lambdas/common/limits.py",
        text="OR size(decisions) < :maximum",
        replacement="OR size(decisions) < :maximum OR attribute_exists(decisions)",
        judges=BOTH,
    ),
    Break(
        name="no-breaker",
        promise=4,
        file="lambdas/release_eips/plan.py",
        text="return due >= breaker.at_least and due >= breaker.share * of",
        replacement="return False",
        judges=BOTH,
    ),
    Break(
        name="observe-acts",
        promise=5,
        file="lambdas/common/consent.py",
        text='if mode == "observe":',
        replacement="if not mode:",
        judges=BOTH,
    ),
    Break(
        name="approve-acts",
        promise=5,
        file="lambdas/common/consent.py",
        text='if mode == "approve" or held or ',
        replacement="if held or ",
    ),
    Break(
        name="switch-ignored",
        promise=5,
        file="lambdas/common/switch.py",
        text="return _read() == LETS_CHANGE",
        replacement="return _read() != LETS_CHANGE or True",
    ),
    Break(
        name="switch-remembered",
        promise=5,
        file="lambdas/common/switch.py",
        text="def _read() -> str | None:",
        replacement='@__import__("functools").cache\ndef _read() -> str | None:',
    ),
    Break(
        name="no-intent",
        promise=6,
        file="lambdas/common/guards.py",
        text="resource = [intent, _take(",
        replacement="resource = [_take(",
        judges=BOTH,
    ),
    Break(
        name="unfinished-releases-left",
        promise=6,
        file="lambdas/release_eips/sweep.py",
        text="busy = _finish_acts(run, seen, addresses, known)",
        replacement="busy: frozenset[str] = frozenset()",
        judges=BOTH,
    ),
    Break(
        name="failed-releases-swallowed",
        promise=7,
        file="lambdas/release_eips/sweep.py",
        text="raise RunFailedError(f\"failed in {run.target.name} for {', '.join(seen.failed)}\")",
        replacement='log.info("failed")',
    ),
    Break(
        name="failed-refills-swallowed",
        promise=7,
        file="lambdas/refill_pools/handler.py",
        text="raise RunFailedError(f\"failed for {', '.join(failed)}\")",
        replacement='log.info("failed")',
    ),
    Break(
        name="undo-without-a-call",
        promise=8,
        file="lambdas/refill_pools/operations.py",
        text="return protected or _deprovision(done, decision, lease, now=now)",
        replacement="return reversal.finish(done, decision, lease=lease, result={}, now=now)",
    ),
)
