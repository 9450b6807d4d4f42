"""Mutants that do what the original does: no test can tell them apart.

They are known by their function and by the line that was changed, not by mutmut's numbers: those are given anew when a
function changes, and would then be another mutant's.
"""

from __future__ import annotations

EQUIVALENT: dict[tuple[str, str], str] = {
    (
        "lambdas.align_albs.presence.x_remembered",
        "spilled=late and (memory.spilled if (late <= memory.spilled) and False else late | memory.spilled),",
    ): "what is part of a set adds nothing to it",
    (
        "lambdas.align_albs.presence.x_remembered",
        "spilled=late and (memory.spilled if late < memory.spilled else late | memory.spilled),",
    ): "likewise",
    (
        "lambdas.common.consent.x__is_proposal_of",
        "rounds = range(1, ROUNDS + 1) if (decision_id) or True else ()",
    ): "no proposal has an empty id",
    (
        "lambdas.common.consent.x__is_proposal_of",
        "rounds = range(ROUNDS + 1) if decision_id else ()",
    ): "a round before the first would have the first one's id",
    (
        "lambdas.common.consent.x__read",
        'decision_id=item["guard"].rpartition("#")[2],',
    ): "the key of a proposal has one #",
    ("lambdas.common.space.x__joins", "joins = 1"): "counts are only compared with each other",
    ("lambdas.common.space.x__joins", "joins += 2"): "likewise",
    ("lambdas.common.space.x_merged", "first = last = 1"): "two equal ends are no range, whatever they are",
    (
        "lambdas.common.space.x_merged",
        "for start, end in sorted(ranges, key=None):",
    ): "in which order ranges with one start are joined makes no difference",
    ("lambdas.common.space.x_merged", "for start, end in sorted(ranges, ):"): "likewise",
    ("lambdas.common.space.x_merged", "elif end >= last:"): "an end that is the same is kept by setting it again",
    (
        "lambdas.common.space.x_parse",
        "start = int.from_bytes(socket.inet_pton(kind, address), )",
    ): "the order of bytes is big where none is said",
    (
        "lambdas.common.space.x_without",
        "for start, end in sorted(ranges, key=None):",
    ): "ranges that do not overlap have starts of their own",
    ("lambdas.common.space.x_without", "for start, end in sorted(ranges, ):"): "likewise",
    (
        "lambdas.common.space.x_without",
        "while index < len(obstacles) and obstacles[index].end < start:",
    ): "an obstacle that ends where a range starts takes nothing of it",
    (
        "lambdas.common.space.x_without",
        "while index < len(obstacles) and obstacles[index].start <= end:",
    ): "one that starts where a range ends neither",
    (
        "lambdas.common.space.x_without",
        "if position > end:",
    ): "obstacles are merged: the one after it starts behind the range",
    (
        "lambdas.common.space.x_written",
        "address = socket.inet_ntop(kind, block.start.to_bytes(bits // 8, ))",
    ): "the order of bytes is big where none is said",
    (
        "lambdas.extend_vpcs.model.x__lateness",
        "return {ASSOCIATING: 0, ASSOCIATED: 1}.get(block.state, 4 if block.state in FAILED else 2)",
    ): "what came last is told by the order alone",
    (
        "lambdas.extend_vpcs.plan.x__cases",
        'hidden = lease.unshown(now) - {lease.subject if lease.decision_id else "XXXX"} - {*vpc.cidrs}',
    ): "no block is named so",
    (
        "lambdas.extend_vpcs.plan.x__extend",
        'case.due or _prospect(case, int(cidr.partition("/")[2])),',
    ): "a CIDR has one slash",
    (
        "lambdas.extend_vpcs.plan.x__length",
        'wanted = case.terms.settings.netmask_length or int(case.vpc.primary.partition("/")[2])',
    ): "likewise",
    (
        "lambdas.extend_vpcs.plan.xǁTermsǁnearly_full",
        "return not excluded and vpc.size > 1 and vpc.taken * 100 >= vpc.size * mark",
    ): "no VPC has a single address",
    (
        "lambdas.refill_pools.need.x_shortage",
        "space: PoolSpace, rule: PoolRule, lease: Lease, demanded: int | None = None, demanded_size: int = 1",
    ): "a pool with a CIDR has an address at least",
    (
        "lambdas.refill_pools.request.x_answered",
        "before = frozenset(subject.rpartition(_BESIDES)[2].split())",
    ): "what a text is parted by is in it once at most",
    (
        "lambdas.refill_pools.request.x_length_of",
        'return int(told(subject).partition("/")[2])',
    ): "a CIDR has one slash",
    (
        "lambdas.release_eips.breaker.x__ask",
        'verdict = consent.judge(whole, mode=run.settings.mode, approved="XXXX", held=REASON, now=run.now)',
    ): "no proposal has such an id, so that none is approved so",
    (
        "lambdas.release_eips.breaker.x_let_through",
        'verdict = consent.judge(decision, mode=run.settings.mode, approved="XXXX", held=REASON, now=run.now)',
    ): "likewise",
}
"""Why each is equivalent, by its function in mutmut's writing and the line that the mutant has, without indentation."""
