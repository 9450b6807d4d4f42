"""docs/permissions.md: what each role may do in each mode. `python -m infra.permissions_page` writes it."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from aws_cdk import App, Environment

from infra.config import validate
from infra.events import Events
from infra.hub import Hub
from infra.organization import forwarded, member_rights
from infra.permissions import permissions
from infra.records import MODE_PARAMETER
from infra.spoke import Spoke
from lambdas.common.settings import MODES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from infra.permissions import Permission
    from lambdas.common.settings import Mode

EVERYTHING = Path(__file__).with_name("everything.yaml")
PAGE = Path(__file__).resolve().parent.parent / "docs" / "permissions.md"

STACKS = {
    "PoolwardenHub": "The hub: the account and home Region of the IPAM",
    "PoolwardenSpoke": "A member account",
    "PoolwardenEvents": "Each account and Region whose events are forwarded",
}

_ROLES = {
    "": "the rules that forward events",
    "NotificationsSlack": "the Slack channel",
}

_INTRODUCTION = """\
# Permissions

What each role may do, read out of the templates by `python -m infra.permissions_page`; a test keeps this page current.
The templates are those of `infra/everything.yaml`, a configuration with everything on that asks for a permission: an
organization, a change calendar, accounts whose DNS is asked, Slack. Yours have fewer where it has less.

- A function has one role, in the hub, and one more in each member account where it works, which trusts that function
  alone, from its organization and with the external id of its hub.
- No action is a wildcard. `*` as a resource stands where AWS lets no resource be named, or where it says why below.
- In `observe` no role of a remediation may change anything of yours. `Operate` holds what takes changes back in every
  mode, and what makes approved ones from `approve` on.
- **Never** is an explicit deny: nothing allows it, whatever else is attached to the role.
- `make test` fails on a permission that no scenario used, unless `tests/scenarios/unreached_permissions.yaml` says why.
"""

_HEADER = "| action | on | if | " + " | ".join(MODES) + " |\n|---|---|---|" + "---|" * len(MODES) + "\n"

_NAMED = {"RecordsMode": MODE_PARAMETER}
"""The names of resources that readers know, by what the CDK calls them."""

_HASH = re.compile(r"\$\{(\w+?)[0-9A-F]{8}(\.Arn)?\}")


def templates(mode: Mode) -> Mapping[str, Mapping[str, Any]]:
    """Give the templates of the stacks by name, with everything configured that asks for a permission of its own."""
    everything = yaml.safe_load(EVERYTHING.read_text(encoding="utf-8"))
    config = validate({**everything, "mode": mode})
    app = App()
    Hub(app, "PoolwardenHub", config=config, env=Environment())
    Spoke(app, "PoolwardenSpoke", organization=config.organization, rights=member_rights(config))
    Events(app, "PoolwardenEvents", patterns=forwarded(config))
    assembly = app.synth()
    return {name: assembly.get_stack_artifact(name).template for name in STACKS}


def page(held: Mapping[Mode, Iterable[Permission]]) -> str:
    """Write the page about the permissions of each mode."""
    modes: dict[Permission, list[Mode]] = defaultdict(list)
    for mode in MODES:
        for permission in held[mode]:
            modes[permission].append(mode)
    return _INTRODUCTION + "".join(_stack(name, modes) for name in STACKS)


def _stack(name: str, modes: Mapping[Permission, list[Mode]]) -> str:
    ours = [permission for permission in modes if permission.stack == name]
    text = f"\n## `{name}`\n\n{STACKS[name]}.\n"
    for role in sorted({permission.role for permission in ours}):
        rows = _rows({each: modes[each] for each in ours if each.role == role})
        text += f"\n### {_ROLES.get(role, f'`{role}`')}\n\n{_HEADER}{''.join(rows)}"
    return text


def _rows(modes: Mapping[Permission, list[Mode]]) -> Iterator[str]:
    """A row for each action under the same condition in the same modes, with all that it is allowed on."""
    resources: dict[tuple[str, str, str, tuple[Mode, ...]], list[str]] = defaultdict(list)
    for permission in sorted(modes):
        key = (permission.effect, permission.action, permission.condition, tuple(modes[permission]))
        resources[key].append(f"`{_readable(permission.resource)}`")
    for (effect, action, condition, held), named in resources.items():
        marks = ["●" if mode in held else "" for mode in MODES]
        written = f"**never** `{action}`" if effect == "Deny" else f"`{action}`"
        yield f"| {written} | {', '.join(named)} | {_condition(condition)} | {' | '.join(marks)} |\n"


def _readable(resource: str) -> str:
    """Write a resource without what only the CDK adds to its name."""
    named = _HASH.sub(lambda found: _NAMED.get(found[1], found[1]), resource)
    return named.replace("${AWS::Partition}", "aws").replace("${AWS::AccountId}", "ACCOUNT").replace("${", "{")


def _condition(condition: str) -> str:
    if not condition:
        return ""
    tests: Iterable[tuple[str, dict[str, Any]]] = json.loads(condition).items()
    return ", ".join(f"{operator} `{key}` {_values(value)}" for operator, keys in tests for key, value in keys.items())


def _values(value: Any) -> str:  # noqa: ANN401 - one value of a condition, or a list of them
    return " or ".join(f"`{each}`" for each in (value if isinstance(value, list) else [value]))


if __name__ == "__main__":
    PAGE.write_text(page({mode: permissions(templates(mode)) for mode in MODES}), encoding="utf-8")
