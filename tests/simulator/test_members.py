from __future__ import annotations

import json
from typing import Any

from moto.ec2.models import ec2_backends

from infra.config import Config
from simulator import members, moto_services, organization

HUB, ONE, TWO = "200000000001", "200000000002", "200000000003"
EAST, WEST = "us-east-1", "us-west-2"


def config(**organization: Any) -> Config:
    """A configuration for two Regions, and for the organisation if anything is said of one."""
    sections = {"organization": organization} if organization else {}
    return Config.model_validate({"regions": [EAST, WEST], **sections})


def places(config: Config) -> list[tuple[str, str, str]]:
    return list(members._places(config, hub=HUB, region=EAST))


def test_the_spoke_is_deployed_once_an_account_and_the_events_stack_wherever_the_hub_is_not() -> None:
    assert places(config(accounts=[ONE, TWO])) == [
        ("PoolwardenSpoke", ONE, EAST),
        ("PoolwardenSpoke", TWO, EAST),
        ("PoolwardenEvents", ONE, EAST),
        ("PoolwardenEvents", ONE, WEST),
        ("PoolwardenEvents", TWO, EAST),
        ("PoolwardenEvents", TWO, WEST),
        ("PoolwardenEvents", HUB, WEST),
    ]


def test_an_account_alone_hears_of_its_other_regions() -> None:
    assert places(config()) == [("PoolwardenEvents", HUB, WEST)]


def test_an_account_that_is_asked_for_dns_records_has_the_spoke_alone() -> None:
    asked = Config.model_validate({"regions": [EAST], "release_eips": {"dns_accounts": [ONE, HUB]}})
    assert places(asked) == [("PoolwardenSpoke", ONE, EAST)]


def test_what_stack_sets_deploy_is_not_deployed_by_hand() -> None:
    stack_set = {"targets": ["ou-ab12-11111111"]}
    assert places(config(accounts=[ONE], stack_set=stack_set)) == [("PoolwardenEvents", HUB, WEST)]


def test_all_accounts_are_those_of_the_organisation_but_its_managers_and_the_excluded() -> None:
    manager, hub, excluded, member = (f"30000000000{number}" for number in range(1, 5))
    made = organization.found(manager)
    for account in (hub, excluded, member):
        made = organization.join(made, account)
    everybody = config(id=made.id, accounts="all", exclude_accounts=[excluded])
    assert members.member_accounts(everybody, hub=hub) == (member,)


def test_a_template_gets_the_values_of_the_parameters_that_it_declares() -> None:
    template = json.dumps({"Parameters": {"HubAccount": {"Type": "String"}}, "Resources": {}})
    stack = members._stack("PoolwardenSpoke", template, {"HubAccount": HUB, "HubRegion": EAST})
    assert stack.parameters == {"HubAccount": HUB}


def test_a_hub_that_calls_stack_sets_as_itself_manages_the_organisation() -> None:
    hub, member = "400000000001", "400000000002"
    unit = "ou-ab12-11111111"
    called = config(id="o-aaaaaaaaaa", accounts=[member], stack_set={"targets": [unit], "call_as": "self"})
    members.make_organization(called, hub=hub, region=EAST)
    made = organization.organization_of(member)
    assert made is not None
    assert (made.id, made.management_account) == ("o-aaaaaaaaaa", hub)
    assert made.accounts_below(unit) == (member,)


def test_a_hub_that_is_a_delegated_administrator_is_a_member_with_the_ipam() -> None:
    hub, member = "500000000001", "500000000002"
    moto_services.install()
    members.make_organization(config(id="o-bbbbbbbbbb", accounts=[member]), hub=hub, region=EAST)
    made = organization.organization_of(hub)
    assert made is not None
    assert made.management_account not in (hub, member)
    assert set(made.accounts) == {made.management_account, hub, member}
    backend = ec2_backends[made.management_account][EAST]
    assert backend.ipam_administrator == hub
