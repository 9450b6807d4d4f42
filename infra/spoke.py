"""What the hub may do in a member account: `PoolwardenSpoke`, one role for each function that works there."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from aws_cdk import (
    Aws,
    BootstraplessSynthesizer,
    CfnCondition,
    CfnParameter,
    Duration,
    Fn,
    Stack,
)
from aws_cdk import aws_iam as iam

from infra.members import hub_account, hub_role_name, spoke_role_name
from infra.wildcards import TO_COME, acknowledge_wildcards
from lambdas.common.settings import MODES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from aws_cdk import Environment, ICfnConditionExpression
    from constructs import Construct

    from infra.config.schema import Organization
    from infra.members import MemberRights
    from lambdas.common.settings import Mode

_CHUNK = 10
"""Fn::Or takes no more conditions."""


class Spoke(Stack):
    """Roles, and nothing that a bootstrapped account would be needed for."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        organization: Organization | None,
        rights: Iterable[MemberRights],
        env: Environment | None = None,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            env=env,
            description="Poolwarden: what its hub may do in this account",
            synthesizer=BootstraplessSynthesizer(),
        )
        external_id = CfnParameter(
            self,
            "ExternalId",
            description="The output SpokeExternalId of PoolwardenHub",
            min_length=2,
            max_length=1224,
            allowed_pattern=r"[\w+=,.@:/-]*",
        )
        self._hub = hub_account(self)
        self._external_id = external_id.value_as_string
        self._organization = organization
        self._acts: dict[Mode, CfnCondition | None] = {"observe": None}
        for each in rights:
            self._role(each)

    def _role(self, rights: MemberRights) -> None:
        role = iam.Role(
            self,
            rights.function,
            role_name=spoke_role_name(rights.function),
            assumed_by=self._hubs_function(rights.function),
            description=f"What Poolwarden's {rights.function} may do here",
            max_session_duration=Duration.hours(1),
        )
        for statement in rights.observing:
            role.add_to_policy(statement)
        acknowledge_wildcards(role, rights.observing, reason=TO_COME)
        if not rights.acting or not rights.acts_in("enforce"):
            return
        acting = iam.Policy(self, f"{rights.function}Acting", roles=[role], statements=list(rights.acting))
        acknowledge_wildcards(acting, rights.acting, reason=TO_COME)
        child = acting.node.default_child
        assert isinstance(child, iam.CfnPolicy)  # noqa: S101 - a policy's default child is its resource
        child.cfn_options.condition = self._acts_in(rights.acts_from)

    def _hubs_function(self, function: str) -> iam.IPrincipal:
        """Trust one role of the hub's account, coming from this organisation and with the external id."""
        conditions: dict[str, dict[str, str]] = {
            "StringEquals": {"sts:ExternalId": self._external_id},
            "ArnEquals": {"aws:PrincipalArn": f"arn:{Aws.PARTITION}:iam::{self._hub}:role/{hub_role_name(function)}"},
        }
        if self._organization and self._organization.id:
            conditions["StringEquals"]["aws:PrincipalOrgID"] = self._organization.id
        return iam.PrincipalWithConditions(iam.AccountPrincipal(self._hub), conditions)

    def _acts_in(self, mode: Mode) -> CfnCondition | None:
        """Give the condition that the account's own mode is not below this one; None where no account's is.

        It builds on that of the mode below, so that the template names each account once.
        """
        if mode not in self._acts:
            below = MODES[MODES.index(mode) - 1]
            modes = self._organization.modes if self._organization else {}
            lowered = sorted(account for account, own in modes.items() if own == below)
            condition = self._acts_in(below)
            if lowered:
                elsewhere = Fn.condition_not(_any_of(lowered))
                # A condition is an expression; its Python class does not say so.
                least = cast("ICfnConditionExpression | None", condition)
                expression = Fn.condition_and(least, elsewhere) if least else elsewhere
                condition = CfnCondition(self, f"ActsIn{mode.title()}", expression=expression)
            self._acts[mode] = condition
        return self._acts[mode]


def _any_of(accounts: Sequence[str]) -> ICfnConditionExpression:
    """Say that the stack is in one of these accounts."""
    tests = [Fn.condition_equals(Aws.ACCOUNT_ID, account) for account in accounts]
    while len(tests) > 1:
        chunks = [tests[first : first + _CHUNK] for first in range(0, len(tests), _CHUNK)]
        tests = [Fn.condition_or(*chunk) if len(chunk) > 1 else chunk[0] for chunk in chunks]
    return tests[0]
