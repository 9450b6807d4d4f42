"""The member accounts of the configured organisation: made, put under the IPAM's eyes, and given their stacks.

What `make deploy-spoke`, a pipeline or a stack set does in AWS is done here in this process, because a CDK CLI for each
account and Region would take minutes. The templates are those that the CDK CLI synthesised.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from typing import TYPE_CHECKING

from ministack import app
from ministack.core.responses import request_scope
from ministack.services import cloudformation
from moto.ec2.models import ec2_backends

from simulator import organization, organizations_api, stacks
from simulator.moto_services import exclusively
from simulator.stack_sets.service import SERVICE as STACK_SETS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from infra.config import Config

HUB, SPOKE, EVENTS = "PoolwardenHub", "PoolwardenSpoke", "PoolwardenEvents"

IPAM = "ipam.amazonaws.com"
"""The principal that an organisation trusts for IPAM."""

_MANAGERS = ("999999999999", "888888888888", "777777777777")
"""Whose organisation it is: the management account can be neither the IPAM's nor a stack set's target."""

_CAPABILITIES = ("CAPABILITY_NAMED_IAM",)


def make_organization(config: Config, *, hub: str, region: str) -> None:
    """Put the hub and the listed accounts into an organisation in which the hub administers IPAM and stack sets.

    A hub whose stack set is not called as a delegated administrator is the management account, which cannot administer
    IPAM. Nothing is done without `organization` in the configuration, or when the hub is in an organisation already.
    """
    wanted = config.organization
    if wanted is None or organization.organization_of(hub):
        return
    listed = () if wanted.accounts == "all" else wanted.accounts
    manages = wanted.stack_set is not None and wanted.stack_set.call_as == "self"
    manager = hub if manages else next(account for account in _MANAGERS if account not in (hub, *listed))
    made = organization.found(manager, organization_id=wanted.id)
    units = [organization.add_unit(made, target) for target in (wanted.stack_set.targets if wanted.stack_set else ())]
    made = organization.current(made)
    for account in listed:
        organization.join(made, account, parent=units[0] if units else None)
    if manages:
        organizations_api.trust(made, STACK_SETS)
        return
    organization.join(made, hub)
    for service in (IPAM, STACK_SETS):
        organizations_api.delegate(organization.current(made), service, hub)
    with exclusively():
        ec2_backends[manager][region].enable_ipam_organization_admin_account(hub)


def member_accounts(config: Config, *, hub: str) -> tuple[str, ...]:
    """The accounts besides the hub's that are looked after."""
    wanted, made = config.organization, organization.organization_of(hub)
    if wanted is None:
        return ()
    if wanted.accounts != "all":
        return tuple(account for account in wanted.accounts if account != hub)
    everybody = made.accounts if made else ()
    left_out = {hub, made.management_account if made else hub, *wanted.exclude_accounts}
    return tuple(account for account in everybody if account not in left_out)


def deploy_stacks(config: Config, assembly: Path, *, hub: str, region: str) -> None:
    """Deploy the spoke and events stacks of a cloud assembly wherever they belong. Errors: `stacks.StackError`.

    Not where the hub's stack sets do. Call it beside the loop that serves requests.
    """
    asyncio.run_coroutine_threadsafe(_deploy(config, assembly, hub=hub, region=region), app._MAIN_LOOP).result()


async def _deploy(config: Config, assembly: Path, *, hub: str, region: str) -> None:
    values = {"HubAccount": hub, "HubRegion": region, "ExternalId": _outputs(hub, region).get("SpokeExternalId", "")}
    works = []
    for name, places in itertools.groupby(_places(config, hub=hub, region=region), key=lambda each: each[0]):
        file = assembly / f"{name}.template.json"
        if file.exists():
            stack = _stack(name, file.read_text(encoding="utf-8"), values)
            works += [stacks.deploy(stack, account=account, region=where) for _, account, where in places]
    await asyncio.gather(*works)


def _places(config: Config, *, hub: str, region: str) -> Iterator[tuple[str, str, str]]:
    """Stack, account and Region: the spoke once an account, the events stack in each Region but the hub's own."""
    regions = config.regions or (region,)
    by_hand = config.organization is not None and config.organization.stack_set is None
    members = member_accounts(config, hub=hub) if by_hand else ()
    asked_for_dns = config.release_eips.dns_accounts if config.release_eips else ()
    for account in dict.fromkeys((*members, *asked_for_dns)):
        if account != hub:
            yield SPOKE, account, region
    for account in (*members, hub):
        for each in regions:
            if (account, each) != (hub, region):
                yield EVENTS, account, each


def _stack(name: str, template: str, values: Mapping[str, str]) -> stacks.Stack:
    declared = json.loads(template).get("Parameters", {})
    parameters = {parameter: value for parameter, value in values.items() if parameter in declared}
    return stacks.Stack(name=name, template=template, parameters=parameters, capabilities=_CAPABILITIES)


def _outputs(hub: str, region: str) -> Mapping[str, str]:
    with request_scope(hub, region):
        stack = cloudformation._stacks.get(HUB) or {"Outputs": []}
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
