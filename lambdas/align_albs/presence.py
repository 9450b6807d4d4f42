"""Which addresses of a load balancer are not its pool's, and since when: pure judgement.

AWS takes addresses of its own when the pool has none left, and says nothing; after a move the old ones may stay for a
while. What was there before is told apart from what came later by what was remembered of earlier looks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lambdas.align_albs.model import PROVISIONING, Memory
from lambdas.common.decision import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lambdas.align_albs.model import Alb, Space


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """What is to be said of addresses; `judged` is what tells one case from the next for the ledger."""

    reason: str
    outcome: Outcome
    addresses: frozenset[str]
    judged: tuple[str, ...]


def remembered(alb: Alb, space: Space, memory: Memory | None) -> Memory:
    """Give what is to be remembered from now on of a load balancer that is on its pool.

    What it has at the first look counts as from before, unless it is only being made: then nothing can be. At the
    second look it is forgotten that somebody took it off this pool: the first may still show what was so before.
    """
    outside = space.outside(alb.addresses)
    if memory is None or memory.pool != alb.pool:
        before = frozenset() if alb.state == PROVISIONING else outside
        memory = Memory(pool=alb.pool, before=before, kept_off=memory.kept_off if memory else "")
    else:
        memory = replace(memory, kept_off="")
    if alb.state == PROVISIONING:
        return memory
    before = memory.before & outside
    late = outside - before
    ended = not late and bool(memory.spilled)
    return replace(
        memory,
        before=before,
        converging=bool(before),
        spilled=late and (memory.spilled if late <= memory.spilled else late | memory.spilled),
        spills=memory.spills + ended,
    )


def findings(alb: Alb, space: Space, *, earlier: Memory | None, now: Memory) -> Iterator[Finding]:
    """Say what is new, goes on or came to its end; `earlier` and `now` are the memories before and after this look.

    The same addresses from outside are one case until they are gone; a further one is another case, because somebody
    keeps lists of them.
    """
    known = earlier if earlier is not None and earlier.pool == alb.pool else Memory(pool=alb.pool)
    if now.before:
        yield Finding(reason="converging", outcome=Outcome.SKIPPED, addresses=now.before, judged=(alb.pool,))
    elif known.converging:
        yield Finding(reason="converging", outcome=Outcome.DONE, addresses=now.before, judged=(alb.pool,))
    if now.spilled:
        late = space.outside(alb.addresses) - now.before
        yield Finding(reason="spilled", outcome=Outcome.BLOCKED, addresses=late, judged=_spill(now))
    elif known.spilled:
        yield Finding(reason="spilled", outcome=Outcome.DONE, addresses=now.spilled, judged=_spill(known))


def _spill(memory: Memory) -> tuple[str, ...]:
    return (memory.pool, f"spill {memory.spills}", *sorted(memory.spilled))
