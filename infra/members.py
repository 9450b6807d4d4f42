"""What the hub and the stacks in member accounts agree on: names, parameters, and who may do what there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_cdk import CfnParameter

from lambdas.common.settings import MODES, lower_of

if TYPE_CHECKING:
    from aws_cdk import Stack
    from aws_cdk import aws_iam as iam

    from lambdas.common.settings import Mode

BUS_NAME = "poolwarden"
"""The hub's bus for the events of other accounts and Regions."""

FORWARDER = "PoolwardenEvents"
"""How the names of the rules and roles begin that forward events to it."""

API_CALL = "AWS API Call via CloudTrail"

Pattern = Mapping[str, Sequence[object] | Mapping[str, object]]
"""An EventBridge event pattern."""


def hub_role_name(function: str) -> str:
    """Name the role of one of the hub's functions, so that a member account can trust it before it is there."""
    return f"PoolwardenHub-{function}"


def spoke_role_name(function: str) -> str:
    """Name the role that one of the hub's functions assumes in a member account."""
    return f"PoolwardenSpoke-{function}"


@dataclass(frozen=True, kw_only=True)
class MemberWork:
    """What a remediation's work in a member account takes: to look, to change something, and to take that back."""

    observing: Sequence[iam.PolicyStatement]
    acting: Sequence[iam.PolicyStatement]
    reversing: Sequence[iam.PolicyStatement]


@dataclass(frozen=True, kw_only=True)
class MemberRights:
    """What one of the hub's functions may do in a member account: always, and where the account's mode lets it act.

    `mode` is the remediation's, which the configuration can lower for an account; `acts_from` the lowest in which this
    function acts: by itself in `enforce`, for people from `approve` on.
    """

    function: str
    observing: Sequence[iam.PolicyStatement]
    acting: Sequence[iam.PolicyStatement]
    mode: Mode
    acts_from: Mode

    def acts_in(self, mode: Mode) -> bool:
        """Say whether the function changes anything in an account with this mode of its own."""
        return MODES.index(lower_of(mode, self.mode)) >= MODES.index(self.acts_from)


def hub_account(stack: Stack) -> str:
    """Ask whoever deploys a stack for the account of the hub."""
    parameter = CfnParameter(
        stack,
        "HubAccount",
        description="The id of the account that PoolwardenHub is deployed in",
        allowed_pattern="[0-9]{12}",
        constraint_description="12 digits",
    )
    return parameter.value_as_string
