"""What people decide about further CIDRs: let a proposed one be added, take one away again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lambdas.common import ledger, reversal
from lambdas.common.decision import Action
from lambdas.common.targets import Target
from lambdas.extend_vpcs import aws
from lambdas.extend_vpcs.handler import extend_there
from lambdas.extend_vpcs.model import UNDER_WAY

if TYPE_CHECKING:
    from datetime import datetime

    from lambdas.common.decision import Decision, Lease
    from lambdas.common.ledger import Record
    from lambdas.extend_vpcs.model import Block


def approve(proposal: Record, *, now: datetime) -> None:
    """Judge the VPC anew and extend it, if that is still the decision that a person approved."""
    extend_there(_target(proposal), {proposal.resource_id}, now=now, approved=proposal.decision_id)


def undo(done: Record, *, lease: Lease, now: datetime) -> Record:
    """Disassociate the CIDR that was added, unless a subnet is in it; again and again until it is gone.

    Gives the record to tell of: of the undo while it is pending or cannot be, of the extension once it is undone.
    """
    cidr = str(done.detail["result"]["cidr"])
    vpc = aws.vpcs(_target(done), {done.resource_id}).get(done.resource_id)
    block = vpc.block(cidr) if vpc is not None else None
    detail = {"cidr": cidr}
    decision = reversal.reversal(done, Action.DISASSOCIATE_CIDR, subject=cidr, lease=lease, detail=detail)
    ours = reversal.is_under_way(decision, lease)
    if vpc is None:
        return reversal.leave(decision, "The VPC is not there any more: nothing is left to undo.", lease=lease, now=now)
    if block is None and ours:
        return reversal.finish(done, decision, lease=lease, result={"cidr": cidr, "state": "disassociated"}, now=now)
    if block is None:
        why = f"The VPC does not have {cidr} any more: nothing is left to undo."
        return reversal.leave(decision, why, lease=lease, now=now)
    subnets = vpc.subnets_in(cidr)
    if ours and lease.fresh(now) and (subnets or block.state in UNDER_WAY):
        return ledger.read(decision.id) or done
    if subnets:
        why = f"{cidr} is in use by {', '.join(subnets)}. Delete these first, then undo again."
        return reversal.leave(decision, why, lease=lease, now=now)
    protected = reversal.leave_protected(decision, vpc.tags, lease=lease, now=now)
    return protected or _disassociate(done, decision, lease, block, now=now)


def _disassociate(done: Record, decision: Decision, lease: Lease, block: Block, *, now: datetime) -> Record:
    return reversal.take_back(
        done,
        decision,
        lambda: aws.disassociate(_target(done), block.association),
        lease=lease,
        going="disassociating",
        kept=f"AWS did not disassociate it: it is {block.state}",
        lost=f"{block.cidr} was not taken from {done.resource_id}",
        now=now,
    )


def _target(record: Record) -> Target:
    return Target(account=record.account, region=record.region)
