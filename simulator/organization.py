"""The organisation that accounts belong to, as the other services know it.

Its one record is the state of MiniStack's Organizations, which keeps each organisation under its management account.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ministack.core.responses import request_scope
from ministack.services import organizations

if TYPE_CHECKING:
    from collections.abc import Mapping

_THE_ORGANIZATION = "self"
"""MiniStack's key of an organisation, in the scope of its management account."""

_ACTIVE = "ACTIVE"
_ROOT = "r-"
_ANY_REGION = "us-east-1"
"""Organizations is a global service; MiniStack wants a Region in each scope."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    """An organisation as it is now. `lines` has, for each active account, the units that it is in.

    A line goes from the inside out: unit, the units around it, root.
    """

    id: str
    management_account: str
    root_id: str
    lines: Mapping[str, tuple[str, ...]]

    @property
    def accounts(self) -> tuple[str, ...]:
        """The active accounts, the management account among them."""
        return tuple(self.lines)

    def line_of(self, account: str) -> tuple[str, ...]:
        """The units that an account is in."""
        return self.lines[account]

    def accounts_below(self, target: str) -> tuple[str, ...]:
        """The accounts in a root or a unit, and in the units below it."""
        return tuple(account for account, line in self.lines.items() if target in line)


def organization_of(account: str) -> Organization | None:
    """The organisation that the account belongs to, as the management account or as a member; None when to none."""
    for manager, _ in list(organizations._orgs._data):
        organization = _read(manager)
        if account in organization.lines:
            return organization
    return None


def _read(manager: str) -> Organization:
    with request_scope(manager, _ANY_REGION):
        above = {unit["Id"]: unit["_ParentId"] for unit in organizations._ous.values()}
        return Organization(
            id=organizations._orgs[_THE_ORGANIZATION]["Id"],
            management_account=manager,
            root_id=str(next(iter(organizations._roots))),
            lines={
                member["Id"]: _line(member["_ParentId"], above)
                for member in organizations._accounts.values()
                if member["Status"] == _ACTIVE
            },
        )


def _line(parent: str, above: Mapping[str, str]) -> tuple[str, ...]:
    """A unit or root and everything above it. Bounded: the units form no circle."""
    line = [parent]
    while line[-1] in above and len(line) <= len(above):
        line.append(above[line[-1]])
    return tuple(line)


def found(management_account: str, *, organization_id: str | None = None) -> Organization:
    """Make the account the management account of a new organisation, or give the one that it has."""
    with request_scope(management_account, _ANY_REGION):
        organizations._ensure_org()
        record = organizations._orgs[_THE_ORGANIZATION]
        if organization_id and organization_id != record["Id"]:
            _rename(record, organization_id)
    return _read(management_account)


def join(organization: Organization, account: str, *, parent: str | None = None) -> Organization:
    """Make the account a member, below the root or the given organisational unit; the organisation as it is then."""
    manager = organization.management_account
    with request_scope(manager, _ANY_REGION):
        organizations._accounts[account] = {
            "Id": account,
            "Arn": f"arn:aws:organizations::{manager}:account/{organization.id}/{account}",
            "Email": f"aws+{account}@example.com",
            "Name": f"account-{account}",
            "Status": _ACTIVE,
            "JoinedMethod": "INVITED",
            "JoinedTimestamp": organizations._accounts[manager]["JoinedTimestamp"],
            "Path": "/",
            "_ParentId": parent or organization.root_id,
        }
    return _read(manager)


def add_unit(organization: Organization, unit: str) -> str:
    """Make an organisational unit of that id below the root, or name the root so; the id."""
    with request_scope(organization.management_account, _ANY_REGION):
        if unit.startswith(_ROOT):
            root = organizations._roots.pop(organization.root_id)
            organizations._roots[unit] = {**root, "Id": unit, "Arn": root["Arn"].replace(organization.root_id, unit)}
            organizations._accounts[organization.management_account]["_ParentId"] = unit
            return unit
        prefix = f"arn:aws:organizations::{organization.management_account}"
        organizations._ous[unit] = {
            "Id": unit,
            "Arn": f"{prefix}:ou/{organization.id}/{unit}",
            "Name": unit,
            "Path": f"/{unit}/",
            "_ParentId": organization.root_id,
        }
    return unit


def current(organization: Organization) -> Organization:
    """The organisation as it is by now."""
    return _read(organization.management_account)


def _rename(record: dict[str, Any], organization_id: str) -> None:
    """Give a young organisation the id that a configuration names."""
    old = record["Id"]
    stores = (organizations._orgs, organizations._roots, organizations._accounts)
    for each in [value for store in stores for value in store.values()]:
        for member in ("Arn", "MasterAccountArn"):
            if member in each:
                each[member] = each[member].replace(f"/{old}", f"/{organization_id}")
    record["Id"] = organization_id
