"""What the previews of all remediations say alike."""

from __future__ import annotations

from lambdas.common.decision import Action, Decision, Outcome
from lambdas.common.errors import reason_of


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
