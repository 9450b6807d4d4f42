"""What an organisation's accounts get, put together from the remediations that work there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.members import MemberRights
from infra.naming import construct_id_of
from infra.remediations import REMEDIATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_iam as iam

    from infra.config import Config
    from infra.members import Pattern


def member_rights(config: Config) -> list[MemberRights]:
    """Say what each of the hub's functions may do in a member account."""
    rights: list[MemberRights] = []
    for_people: list[iam.PolicyStatement] = []
    for name, section in config.remediations.items():
        in_members = REMEDIATIONS[name].in_members
        if in_members is None:
            continue
        work = in_members(config.tag_prefix)
        rights.append(
            MemberRights(
                function=construct_id_of(name),
                observing=work.observing,
                acting=work.acting,
                mode=config.mode_of(section),
                acts_from="enforce",
            )
        )
        for_people += [*work.observing, *work.reversing]
    return [*rights, _operate(rights, for_people)] if rights else []


def _operate(remediations: Sequence[MemberRights], for_people: Sequence[iam.PolicyStatement]) -> MemberRights:
    """Take changes back in every mode, and make those that a person approved where the mode lets it."""
    approving = [own for own in remediations if own.mode != "observe"]
    return MemberRights(
        function="Operate",
        observing=for_people,
        acting=[statement for own in approving for statement in own.acting],
        mode="enforce" if approving else "observe",
        acts_from="approve",
    )


def forwarded(config: Config) -> Mapping[str, Pattern]:
    """Give the events that the hub's functions read, under names of their own."""
    return {
        f"{construct_id_of(name)}{rule}": pattern
        for name in config.remediations
        for rule, pattern in REMEDIATIONS[name].api_calls.items()
    }
