"""Accounts and Regions that cannot be worked in: one clear finding for each, which stops nobody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from lambdas.common import accounts, ledger
from lambdas.common.announce import announce
from lambdas.common.decision import Action, Decision, Outcome
from lambdas.common.errors import ACCESS_DENIED, RunFailedError, code_of, message_of, reason_of
from lambdas.common.observability import logger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from lambdas.common.targets import Target

CLOSED = frozenset({"AuthFailure", "InvalidClientTokenId", "OptInRequired", "UnrecognizedClientException"})
"""What services answer in a Region that is not enabled for an account: its credentials are unknown there."""


WHY = {
    "role-missing": (
        "The role {role} cannot be taken on there: deploy PoolwardenSpoke in that account, with the hub's account and "
        "its output SpokeExternalId."
    ),
    "region-closed": "The Region is not enabled for that account: enable it, or take it out of `regions`.",
    "access-denied": "AWS refuses to let us look: deploy PoolwardenSpoke of this version in that account.",
}


def visit(remediation: str, targets: Iterable[Target], work: Callable[[Target], None], *, now: datetime) -> None:
    """Work in one place after the other; RunFailedError at the end when something failed in one of them.

    Whatever goes wrong in one does not reach the others; where nobody can work at all, that is what is recorded.
    """
    log = logger(remediation)
    failed = []
    for target in targets:
        try:
            work(target)
        except Exception as error:
            reason = obstacle(error)
            if reason is None:
                log.exception("%s failed", target.name)
                failed.append(target.name)
            else:
                log.warning("%s: %s", target.name, reason)
                report(target, remediation, reason, error, role=accounts.spoke_role(), now=now)
    if failed:
        raise RunFailedError(f"failed in {', '.join(failed)}")


def unread(remediation: str, errors: Mapping[str, Exception], *, account: str, region: str) -> tuple[Decision, ...]:
    """Say which resources that others hang on, such as pools, cannot be read, by what AWS said of each.

    Where we may not read it, that is a finding (BLOCKED), for a person to mend; else the run fails (FAILED).
    """
    return tuple(
        Decision(
            remediation=remediation,
            resource_id=resource_id,
            account=account,
            region=region,
            action=Action.NONE,
            reason=reason_of(error),
            outcome=Outcome.BLOCKED if reason_of(error) == "access-denied" else Outcome.FAILED,
            judged=(reason_of(error), account, region),
            detail={"why": f"It cannot be read, so that nothing that hangs on it is judged: {message_of(error)}"},
        )
        for resource_id, error in sorted(errors.items())
    )


def end_run(failed: AbstractSet[str], *, unread: Iterable[Decision], unjudged: Mapping[str, str]) -> None:
    """Raise RunFailedError where resources failed, or hang on one that could not be read: `unjudged` says on which."""
    whys = {each.resource_id: each.detail["why"] for each in unread if each.outcome is Outcome.FAILED}
    failed = failed | {resource for resource, other in unjudged.items() if other in whys}
    if failed:
        said = "".join(f"; {other}: {why}" for other, why in whys.items())
        raise RunFailedError(f"failed for {', '.join(sorted(failed))}{said}")


def obstacle(error: Exception) -> str | None:
    """Give the reason code for which a whole target cannot be worked in; None where it is another failure."""
    if not isinstance(error, ClientError):
        return None
    if error.operation_name == "AssumeRole" and code_of(error) in ACCESS_DENIED:
        return "role-missing"
    if code_of(error) in CLOSED:
        return "region-closed"
    return "access-denied" if code_of(error) in ACCESS_DENIED else None


def report(target: Target, remediation: str, reason: str, error: Exception, *, role: str, now: datetime) -> None:
    """Record why nothing can be done in a target, and tell, once while it stays so."""
    decision = finding(target, remediation, reason, error, role=role)
    announce(ledger.note(decision, Outcome.BLOCKED, now=now))


def finding(
    target: Target, remediation: str, reason: str, error: Exception, *, role: str, why: Mapping[str, str] = WHY
) -> Decision:
    """Decide that nothing can be done in a target, and say why; a role is missing in all Regions of an account.

    `why` gives the sentence for each reason, in which `{role}` stands for the role's name.
    """
    return Decision(
        remediation=remediation,
        resource_id=target.account if reason == "role-missing" else target.name,
        account=target.account,
        region=target.region,
        action=Action.NONE,
        reason=reason,
        outcome=Outcome.BLOCKED,
        judged=(reason,),
        detail={"why": why[reason].format(role=role), "result": {"message": message_of(error)}},
    )
