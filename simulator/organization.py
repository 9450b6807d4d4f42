"""The organisation that accounts belong to, as the other services know it.

Its one record is the state of MiniStack's Organizations, which keeps each organisation under its management account.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ministack.core.responses import request_scope
from ministack.services import organizations

if TYPE_CHECKING:
    from collections.abc import Sequence

_THE_ORGANIZATION = "self"
"""MiniStack's key of an organisation, in the scope of its management account."""

_ACTIVE = "ACTIVE"
_ANY_REGION = "us-east-1"
"""Organizations is a global service; MiniStack wants a Region in each scope."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    """An organisation as it is now. `accounts` are the active ones, the management account among them."""

    id: str
    management_account: str
    root_id: str
    accounts: tuple[str, ...]


def organization_of(account: str) -> Organization | None:
    """The organisation that the account belongs to, as the management account or as a member; None when to none."""
    for (manager, _), record in list(organizations._orgs._data.items()):
        with request_scope(manager, _ANY_REGION):
            accounts = tuple(member["Id"] for member in organizations._accounts.values() if member["Status"] == _ACTIVE)
            root_id = str(next(iter(organizations._roots)))
        if account in accounts:
            return Organization(id=record["Id"], management_account=manager, root_id=root_id, accounts=accounts)
    return None


def same_organization(account: str, other: str) -> bool:
    """Whether two accounts belong to one organisation."""
    organization = organization_of(account)
    return organization is not None and other in organization.accounts


def accounts_below(organization: Organization, target: str) -> tuple[str, ...]:
    """The active accounts in a root or an organisational unit, and in the units below it."""
    with request_scope(organization.management_account, _ANY_REGION):
        parents = {unit["Id"]: unit["_ParentId"] for unit in organizations._ous.values()}
        return tuple(
            account
            for account in organization.accounts
            if target in _line(organizations._accounts[account]["_ParentId"], parents)
        )


def found(management_account: str, *, organization_id: str | None = None) -> Organization:
    """Make the account the management account of a new organisation, or give the one that it has."""
    with request_scope(management_account, _ANY_REGION):
        organizations._ensure_org()
        record = organizations._orgs[_THE_ORGANIZATION]
        if organization_id and organization_id != record["Id"]:
            _rename(record, organization_id)
    return _existing(management_account)


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
    return _existing(manager)


def _existing(account: str) -> Organization:
    organization = organization_of(account)
    if organization is None:
        raise LookupError(f"{account} belongs to no organisation")
    return organization


def _line(parent: str, parents: dict[str, str]) -> Sequence[str]:
    """A unit or root and everything above it. Bounded: units are at most five levels deep, and form no circle."""
    line = [parent]
    while line[-1] in parents and len(line) <= len(parents):
        line.append(parents[line[-1]])
    return line


def _rename(record: dict[str, Any], organization_id: str) -> None:
    """Give a young organisation the id that a configuration names."""
    old = record["Id"]
    stores = (organizations._orgs, organizations._roots, organizations._accounts)
    for each in [value for store in stores for value in store.values()]:
        for member in ("Arn", "MasterAccountArn"):
            if member in each:
                each[member] = each[member].replace(f"/{old}", f"/{organization_id}")
    record["Id"] = organization_id
