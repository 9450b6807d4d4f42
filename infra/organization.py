"""What an organisation's accounts get, put together from the remediations that work there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Aws

from infra import align_albs, refill_pools, release_eips
from infra.members import MemberRights

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_iam as iam

    from infra.config import Config
    from infra.members import Pattern


def member_rights(config: Config) -> list[MemberRights]:
    """Say what each of the hub's functions may do in a member account."""
    rights = []
    for_people: list[tuple[list[iam.PolicyStatement], MemberRights]] = []
    if config.release_eips and config.release_eips.enabled:
        place = f"arn:{Aws.PARTITION}:ec2:*:{Aws.ACCOUNT_ID}"
        own = MemberRights(
            function="ReleaseEips",
            observing=[release_eips.looking()],
            acting=release_eips.releasing(place, config.tag_prefix),
            mode=config.mode_of(config.release_eips),
            acts_from="enforce",
        )
        rights.append(own)
        for_people.append(([release_eips.looking(), *release_eips.having_back(place)], own))
    if config.align_albs and config.align_albs.enabled:
        place = f"arn:{Aws.PARTITION}:elasticloadbalancing:*:{Aws.ACCOUNT_ID}"
        moving = align_albs.moving(place, config.tag_prefix)
        own = MemberRights(
            function="AlignAlbs",
            observing=[align_albs.looking()],
            acting=moving,
            mode=config.mode_of(config.align_albs),
            acts_from="enforce",
        )
        rights.append(own)
        for_people.append(([align_albs.looking(), *moving], own))
    return [*rights, *_operate(for_people)]


def _operate(remediations: list[tuple[list[iam.PolicyStatement], MemberRights]]) -> list[MemberRights]:
    """Take changes back in every mode, and make those that a person approved where the mode lets it."""
    if not remediations:
        return []
    reversing = [statement for statements, _ in remediations for statement in statements]
    approving = [own for _, own in remediations if own.acts_in("approve")]
    return [
        MemberRights(
            function="Operate",
            observing=reversing,
            acting=[statement for own in approving for statement in own.acting],
            mode="enforce" if approving else "observe",
            acts_from="approve",
        )
    ]


def forwarded(config: Config) -> Mapping[str, Pattern]:
    """Give the events that the hub's functions read, under names of their own."""
    sections = {
        "RefillPools": (config.refill_pools, refill_pools.API_CALLS),
        "ReleaseEips": (config.release_eips, release_eips.API_CALLS),
        "AlignAlbs": (config.align_albs, align_albs.API_CALLS),
    }
    return {
        f"{name}{rule}": pattern
        for name, (section, patterns) in sections.items()
        if section and section.enabled
        for rule, pattern in patterns.items()
    }
