"""What the previews of all remediations say alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas.common import accounts, reach
from lambdas.common.decision import Action, Decision, Outcome
from lambdas.common.errors import reason_of

if TYPE_CHECKING:
    from lambdas.common.targets import Target

WHY = {
    **reach.WHY,
    "role-missing": "The role {role} cannot be taken on there: it must be there, and trust these credentials.",
    "access-denied": "AWS refuses to let the role {role} look there: give it the permission that AWS names.",
}
"""As `reach.WHY`, for a person who looks with a role of their own, in whose way PoolwardenSpoke is not."""


def unread(remediation: str, resource_id: str, *, account: str, region: str, error: Exception) -> Decision:
    """Say that something could not be read, for which a run would fail."""
    reason = reason_of(error)
    return Decision(
        remediation=remediation,
        resource_id=resource_id,
        account=account,
        region=region,
        action=Action.NONE,
        reason=reason,
        outcome=Outcome.FAILED,
        judged=(reason,),
        detail={"why": f"It could not be read: {error}"},
    )


def unreadable(remediation: str, target: Target, error: Exception) -> Decision:
    """Say that a whole place could not be looked at; of another account, what a run says then."""
    reason = reach.obstacle(error)
    if reason is None or target.account == accounts.own():
        return unread(remediation, target.name, account=target.account, region=target.region, error=error)
    return reach.finding(target, remediation, reason, error, role=accounts.spoke_role(), why=WHY)
