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

    What it has at the first look counts as from before, unless it is only being made: then nothing can be.
    """
    outside = space.outside(alb.addresses)
    if memory is None or memory.pool != alb.pool:
        return Memory(pool=alb.pool, before=frozenset() if alb.state == PROVISIONING else outside)
    before = memory.before & outside
    late = outside - before
    if late <= memory.spilled and late:
        return replace(memory, before=before)
    ended = not late and bool(memory.spilled)
    return replace(memory, before=before, spilled=late | memory.spilled if late else late, spills=memory.spills + ended)


def findings(alb: Alb, space: Space, *, earlier: Memory | None, now: Memory) -> Iterator[Finding]:
    """Say what is new or goes on; `earlier` and `now` are the memories from before this look and after it.

    The same addresses from outside are one case until they are gone; a further one is another case, because somebody
    keeps lists of them.
    """
    if now.spilled:
        late = space.outside(alb.addresses) - now.before
        yield Finding(reason="spilled", outcome=Outcome.BLOCKED, addresses=late, judged=_spill(now))
    elif earlier is not None and earlier.pool == alb.pool and earlier.spilled:
        yield Finding(reason="spilled", outcome=Outcome.DONE, addresses=frozenset(), judged=_spill(earlier))
    if now.before:
        yield Finding(reason="converging", outcome=Outcome.SKIPPED, addresses=now.before, judged=(alb.pool,))


def _spill(memory: Memory) -> tuple[str, ...]:
    return (memory.pool, f"spill {memory.spills}", *sorted(memory.spilled))
