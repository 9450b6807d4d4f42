"""Stack sets: what they are to deploy where, and what they have deployed.

CloudFormation user guide, "StackSets concepts" and "Service-managed permissions".
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from simulator.clock import CLOCK

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from simulator.organization import Organization

Place = tuple[str, str]
"""Account and Region."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """Accounts in units of the organisation, all or only some of them (`AccountFilterType` of the API)."""

    units: tuple[str, ...]
    account_filter: str = "NONE"
    accounts: tuple[str, ...] = ()

    def within(self, organization: Organization) -> Mapping[str, str]:
        """The accounts that are meant, each with the unit that brings it; never the management account."""
        found = {account: unit for unit in self.units for account in organization.accounts_below(unit)}
        if self.account_filter == "INTERSECTION":
            found = {account: unit for account, unit in found.items() if account in self.accounts}
        elif self.account_filter == "DIFFERENCE":
            found = {account: unit for account, unit in found.items() if account not in self.accounts}
        elif self.account_filter == "UNION":
            found |= {account: "" for account in self.accounts if account in organization.accounts}
        return {account: unit for account, unit in found.items() if account != organization.management_account}


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Stacks of a stack set that were ordered together: for these accounts in these Regions."""

    targets: Targets
    regions: tuple[str, ...]
    overrides: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Instance:
    """One stack of a stack set."""

    account: str
    region: str
    unit: str
    overrides: Mapping[str, str]
    stack_id: str | None = None
    status: str = "OUTDATED"
    detailed_status: str = "PENDING"
    reason: str | None = None


@dataclass(slots=True, kw_only=True)
class Operation:
    """One change of a stack set's stacks, from its order to its end."""

    id: str
    action: str
    status: str = "RUNNING"
    created: datetime = field(default_factory=CLOCK.now)
    ended: datetime | None = None
    reason: str | None = None


@dataclass(slots=True, kw_only=True)
class Definition:
    """What a stack set deploys, and how."""

    template: str
    description: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    capabilities: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    auto_deployment: bool = False
    retain_on_removal: bool = False


@dataclass(slots=True, kw_only=True)
class StackSet:
    """A stack set of an organisation's management account, in one Region."""

    name: str
    manager: str
    region: str
    definition: Definition
    uuid: str = field(default_factory=lambda: str(uuid.uuid4()))
    groups: list[Group] = field(default_factory=list)
    instances: dict[Place, Instance] = field(default_factory=dict)
    operations: dict[str, Operation] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """What Ref gives, and CreateStackSet answers."""
        return f"{self.name}:{self.uuid}"

    @property
    def arn(self) -> str:
        """The stack set's ARN."""
        return f"arn:aws:cloudformation:{self.region}:{self.manager}:stackset/{self.id}"

    @property
    def is_busy(self) -> bool:
        """Whether an operation is under way: there is one at a time."""
        return any(operation.status == "RUNNING" for operation in self.operations.values())

    def wanted(self, organization: Organization) -> dict[Place, Instance]:
        """The stacks that the groups ask for, as new ones."""
        return {
            (each.account, each.region): each for group in self.groups for each in instances_of(group, organization)
        }


def instances_of(group: Group, organization: Organization) -> Iterator[Instance]:
    """The stacks that a group asks for, in the order of its Regions."""
    accounts = group.targets.within(organization)
    for region in group.regions:
        for account, unit in accounts.items():
            yield Instance(account=account, region=region, unit=unit, overrides=group.overrides)


def keys_and_values(pairs: Any, key: str, value: str) -> dict[str, str]:  # noqa: ANN401 - parsed request or template
    """A list of objects with a key and a value, as a mapping."""
    return {str(pair[key]): str(pair.get(value, "")) for pair in pairs or ()}
