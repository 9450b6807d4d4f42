"""`poolwarden plan`: what would be done now and why, from what the caller may read. Nothing is changed or recorded."""

from __future__ import annotations

import importlib
import os
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from cli import hub, restraint, trails
from cli.failures import tried
from lambdas.common import consent, guard_items
from lambdas.common.decision import Outcome
from lambdas.common.dynamo import timestamp
from lambdas.common.settings import REMEDIATIONS
from lambdas.common.targets import mode_in
from lambdas.refill_pools.case import REMEDIATION as REFILLS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cli.aws import Aws
    from lambdas.common.decision import Decision
    from lambdas.common.settings import Mode, Settings


def plan(aws: Aws, settings: Settings, *, member_role: str | None = None) -> dict[str, Any]:
    """Judge everything as a run in the mode `enforce` would; other accounts under the role of this name, if any.

    `{account, region, time, deployed, modes, members, forbidden_by, decisions, no_trail, missing_permissions, errors}`.
    A decision is what the ledger would hold then: `outcome` is `done` for what would be done. `modes` gives the mode of
    each remediation, see `modes_of`; `members` is whether other accounts were looked at, or None where there are none;
    `deployed` is None where that could not be read. `forbidden_by` is `switched-off` or `change-freeze` where what is
    deployed may change nothing at this moment, else None. `no_trail` lists Regions; a missing permission is
    `{permission, region}`, an error `{what, error}`.
    """
    members = None if settings.organization is None else member_role is not None
    modes = modes_of(settings, account=aws.account, members=bool(members))
    if member_role is None:
        settings = replace(settings, organization=None)
    else:
        os.environ["SPOKE_ROLE"] = member_role
    errors: list[dict[str, str]] = []
    looked = tried("the deployed hub", lambda: (hub.find(aws),), errors)
    found = looked[0] if looked else None
    remembered = found is not None and bool(tried("the hub's tables", partial(_adopt, found), errors))
    decisions: list[Decision] = []
    for name in modes:
        preview = importlib.import_module(f"lambdas.{name}.preview").preview
        decisions += tried(name, partial(preview, settings, now=aws.now, remembered=remembered), errors) or []
    if remembered:
        decisions = tried("what people rejected", partial(_without_rejected, decisions), errors) or decisions
    forbidden_by = found and tried("the kill switch", partial(restraint.reason, aws, settings.change_calendar), errors)
    no_trail = tried("CloudTrail", partial(trails.without_trail, aws, settings.regions or (aws.region,)), errors)
    return {
        "account": aws.account,
        "region": aws.region,
        "time": timestamp(aws.now),
        "deployed": None if looked is None else found is not None,
        "modes": modes,
        "members": members,
        "forbidden_by": forbidden_by,
        "decisions": [_document(decision) for decision in decisions],
        "no_trail": no_trail or [],
        "missing_permissions": [{"permission": each.permission, "region": each.region} for each in aws.refusals],
        "errors": errors,
    }


def modes_of(settings: Settings, *, account: str, members: bool) -> dict[str, Mode]:
    """Give the mode of each remediation that is on: the lower one of this account, where it works in no other.

    Over several accounts, as `members` says, it is the remediation's own. Pools are refilled in the hub's alone.
    """
    on = {name: of.mode for name in REMEDIATIONS if (of := getattr(settings, name)) is not None}
    return {
        name: mode if members and name != REFILLS else mode_in(settings, mode, account) for name, mode in on.items()
    }


def _adopt(found: hub.Hub) -> bool:
    """Have what the functions remember read here too; raises where the caller may not."""
    found.adopt()
    guard_items.read_items(["plan"])
    return True


def _without_rejected(decisions: Sequence[Decision]) -> list[Decision]:
    """Say of what would be done that it is not where a person has rejected just that."""
    return [
        replace(each, outcome=Outcome.REJECTED) if each.outcome is None and consent.rejected(each) is not None else each
        for each in decisions
    ]


def _document(decision: Decision) -> dict[str, Any]:
    return {
        "decision_id": decision.id,
        "remediation": decision.remediation,
        "resource_id": decision.resource_id,
        "account": decision.account,
        "region": decision.region,
        "action": decision.action,
        "outcome": decision.outcome or "done",
        "reason": decision.reason,
        "detail": decision.detail,
    }
