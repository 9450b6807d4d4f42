"""The proof that no role may do more than it needs: what scenarios used, against what the templates allow.

`make test` runs the scenarios with POOLWARDEN_PERMISSIONS, the folder where each account leaves what its roles used
when it ends, and then `python -m tests.scenarios.least_privilege` on that folder. A permission that no scenario used
fails it, unless unreached_permissions.yaml says why; so does an entry there that is used after all, or about nothing.
"""

from __future__ import annotations

import json
import re
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from infra.permissions import permissions
from simulator.client import SimulationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from infra.permissions import Permission
    from simulator.client import Simulation

FOLDER = "POOLWARDEN_PERMISSIONS"
UNREACHED = Path(__file__).with_name("unreached_permissions.yaml")

_ROLE = re.compile(r"(?P<stack>Poolwarden\w+)-(?P<role>[A-Za-z]*?)(Role[0-9A-F]{8}-[0-9A-Z]+|[a-z]+-[a-z]+-\d)?")
"""A deployed role's name: one of ours, of CloudFormation's making, or with a Region."""

_SESSIONS = ("PoolwardenHub-", "poolwarden", "events")
"""How the sessions of our functions, hub and members, and of EventBridge are called; others are tests' own."""

_NEEDS_NO_PERMISSION = "sts:GetCallerIdentity"
"""AWS denies it to nobody (STS API reference)."""


@dataclass(frozen=True, kw_only=True, order=True)
class Use:
    """A role of one of our stacks was allowed an action on a resource, by ARN or `*`."""

    stack: str
    role: str
    action: str
    resource: str

    def is_of(self, permission: Permission) -> bool:
        """Say whether it is this permission that the role used."""
        return (self.stack, self.role) == (permission.stack, permission.role) and permission.covers(
            action=self.action, resource=self.resource
        )


@dataclass(frozen=True, kw_only=True)
class Unreached:
    """Permissions that scenarios cannot use, and why; of every role, and on every resource, unless some are named."""

    actions: tuple[str, ...]
    reason: str
    roles: tuple[str, ...] = ()
    resource: str = ""

    def is_about(self, permission: Permission) -> bool:
        """Say whether this is the reason for the permission's never being used."""
        return (
            permission.action in self.actions
            and (not self.roles or f"{permission.stack}/{permission.role}" in self.roles)
            and self.resource in permission.resource
        )


def note(simulation: Simulation, *, folder: Path) -> None:
    """Write down what the roles of an account used, before it ends."""
    if not simulation.endpoint:
        return  # it never came up
    try:
        asked = simulation.permissions()
    except (OSError, SimulationError):
        return  # a test ended it
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{uuid.uuid4()}.json").write_text(json.dumps(asked), encoding="utf-8")


def uses(folder: Path) -> frozenset[Use]:
    """Everything that our roles used in the accounts that left a note."""
    return frozenset(use for note in folder.glob("*.json") for use in _uses(json.loads(note.read_text("utf-8"))))


def _uses(asked: Iterable[dict[str, str]]) -> Iterator[Use]:
    for each in asked:
        _, name, session = each["principal"].split("/")
        found = _ROLE.fullmatch(name)
        if each["allowed"] and found and session.startswith(_SESSIONS) and each["action"] != _NEEDS_NO_PERMISSION:
            yield Use(stack=found["stack"], role=found["role"], action=each["action"], resource=each["resource"])


def unreached() -> list[Unreached]:
    """Read what scenarios cannot use."""
    entries = yaml.safe_load(UNREACHED.read_text(encoding="utf-8"))
    return [
        Unreached(
            actions=tuple(entry["actions"]),
            reason=entry["reason"],
            roles=tuple(entry.get("roles", ())),
            resource=entry.get("resource", ""),
        )
        for entry in entries
    ]


def findings(permissions: Iterable[Permission], used: Iterable[Use], excused: Iterable[Unreached]) -> list[str]:
    """Say what is wrong, a line for each: nothing when roles may do what they used, and nothing else."""
    allowed = sorted(each for each in permissions if each.effect == "Allow")
    used = sorted(used)
    reached = {each for each in allowed if any(use.is_of(each) for use in used)}
    found = [f"unused: {_text(each)}" for each in allowed if each not in reached and not _excused(each, excused)]
    for excuse in excused:
        about = [each for each in allowed if excuse.is_about(each)]
        found += [f"used, although it is listed as unreached: {_text(each)}" for each in about if each in reached]
        if not about:
            found.append(f"listed as unreached, but nobody may: {', '.join(excuse.actions)}")
    unknown = {use for use in used if not any(use.is_of(each) for each in allowed)}
    return found + [f"used, but not in the templates: {use.stack}/{use.role} {use.action}" for use in sorted(unknown)]


def _excused(permission: Permission, excused: Iterable[Unreached]) -> bool:
    return any(each.is_about(permission) for each in excused)


def _text(permission: Permission) -> str:
    return f"{permission.stack}/{permission.role} {permission.action} {permission.resource}"


def main(folder: Path) -> int:
    """Print what is wrong, and a summary; the exit status."""
    from infra.permissions_page import templates  # noqa: PLC0415 - the CDK takes seconds to load, scenarios need none

    allowed = permissions(templates("enforce"))
    found = findings(allowed, uses(folder), unreached())
    for line in found:
        print(line)  # noqa: T201 - what the command says
    allowing = sum(each.effect == "Allow" for each in allowed)
    print(f"{allowing} permissions, {len(found)} findings")  # noqa: T201
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
