"""IPAM policies: their rules, and whom they are in force for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from simulator import ipam as simulated_ipam
from tests.simulator.ipam import organization
from tests.simulator.ipam.conftest import AWAY, HOME
from tests.simulator.ipam.organization import (
    ADMINISTRATOR,
    AT_ROOT,
    IN_INNER,
    IN_OUTER,
    INNER,
    MANAGEMENT,
    OUTER,
    ROOT,
    STRANGER,
)

if TYPE_CHECKING:
    from tests.simulator.ipam.conftest import Account


@pytest.fixture
def ipam(account: Account) -> dict[str, Any]:
    return account.ipam()


@pytest.fixture
def policy(account: Account, ipam: dict[str, Any]) -> str:
    return create(account, ipam)


@pytest.fixture
def pool(account: Account, ipam: dict[str, Any]) -> str:
    return public_pool(account, ipam)


def create(account: Account, ipam: dict[str, Any]) -> str:
    return str(account.ec2.create_ipam_policy(IpamId=ipam["IpamId"])["IpamPolicy"]["IpamPolicyId"])


def public_pool(account: Account, ipam: dict[str, Any], locale: str = HOME) -> str:
    """A pool of Amazon's with four addresses."""
    details = {"Locale": locale, "AwsService": "ec2", "PublicIpSource": "amazon"}
    pool = account.pool(ipam["PublicDefaultScopeId"], **details)
    account.ec2.provision_ipam_pool_cidr(IpamPoolId=pool, NetmaskLength=30)
    account.settle()
    return pool


def rule(account: Account, policy: str, *pools: str, locale: str = HOME, resource_type: str = "eip") -> dict[str, Any]:
    rules = [{"SourceIpamPoolId": pool} for pool in pools]
    answer = account.ec2.modify_ipam_policy_allocation_rules(
        IpamPolicyId=policy, Locale=locale, ResourceType=resource_type, AllocationRules=rules
    )
    return dict(answer["IpamPolicyDocument"])


def documents(client: Any, policy: str, **parameters: Any) -> list[tuple[str, str, list[str]]]:
    found = client.get_ipam_policy_allocation_rules(IpamPolicyId=policy, **parameters)["IpamPolicyDocuments"]
    return [
        (one["Locale"], one["ResourceType"], [rule["SourceIpamPoolId"] for rule in one["AllocationRules"]])
        for one in found
    ]


def enabled(account: Account, who: str, region: str = HOME) -> tuple[bool, str | None, str | None]:
    answer = account.of(who, region).get_enabled_ipam_policy()
    return answer["IpamPolicyEnabled"], answer.get("IpamPolicyId"), answer.get("ManagedBy")


def test_a_policy_is_made_described_and_deleted(account: Account, ipam: dict[str, Any]) -> None:
    made = account.ec2.create_ipam_policy(
        IpamId=ipam["IpamId"],
        TagSpecifications=[{"ResourceType": "ipam-policy", "Tags": [{"Key": "team", "Value": "net"}]}],
    )["IpamPolicy"]
    policy = made.pop("IpamPolicyId")
    assert made == {
        "OwnerId": ADMINISTRATOR,
        "IpamPolicyArn": f"arn:aws:ec2::{ADMINISTRATOR}:ipam-policy/{policy}",
        "IpamPolicyRegion": HOME,
        "State": "create-in-progress",
        "Tags": [{"Key": "team", "Value": "net"}],
        "IpamId": ipam["IpamId"],
    }
    [described] = account.ec2.describe_ipam_policies(IpamPolicyIds=[policy])["IpamPolicies"]
    assert described["State"] == "create-complete"
    with pytest.raises(ClientError, match="DependencyViolation"):
        account.ec2.delete_ipam(IpamId=ipam["IpamId"], Cascade=True)
    deleted = account.ec2.delete_ipam_policy(IpamPolicyId=policy)["IpamPolicy"]
    assert deleted["State"] == "delete-in-progress"
    with pytest.raises(ClientError, match=r"InvalidIpamPolicyId\.NotFound"):
        account.ec2.describe_ipam_policies(IpamPolicyIds=[policy])


def test_a_policy_needs_the_advanced_tier(account: Account) -> None:
    ipam = account.ipam(Tier="free")
    with pytest.raises(ClientError, match="OperationNotPermitted"):
        create(account, ipam)


def test_rules_are_for_a_locale_and_a_kind_of_resource_and_are_replaced_as_a_whole(
    account: Account, ipam: dict[str, Any], policy: str, pool: str
) -> None:
    away = public_pool(account, ipam, AWAY)
    other = account.pool(ipam["PublicDefaultScopeId"], Locale=HOME, AwsService="ec2")
    assert documents(account.ec2, policy) == []
    changed = rule(account, policy, pool, other)
    assert changed["AllocationRules"] == [{"SourceIpamPoolId": pool}, {"SourceIpamPoolId": other}]
    rule(account, policy, away, locale=AWAY, resource_type="alb")
    expected = [(AWAY, "alb", [away]), (HOME, "eip", [pool, other])]
    assert documents(account.ec2, policy) == documents(account.client(AWAY), policy) == expected
    assert documents(account.ec2, policy, Locale=AWAY) == expected[:1]
    assert documents(account.ec2, policy, ResourceType="eip") == expected[1:]
    filters = [{"Name": "resource-type", "Values": ["rds"]}]
    assert documents(account.ec2, policy, Filters=filters) == []
    rule(account, policy, other)
    assert documents(account.ec2, policy, Locale=HOME) == [(HOME, "eip", [other])]
    rule(account, policy)
    assert documents(account.ec2, policy) == expected[:1]


def test_rules_name_public_ipv4_pools_of_the_locale(account: Account, ipam: dict[str, Any], policy: str) -> None:
    private = account.pool(ipam["PrivateDefaultScopeId"], Locale=HOME)
    away = account.pool(ipam["PublicDefaultScopeId"], Locale=AWAY, AwsService="ec2")
    for wrong in (private, away):
        with pytest.raises(ClientError, match="InvalidParameterValue"):
            rule(account, policy, wrong)
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        rule(account, policy, away, away, locale=AWAY)
    with pytest.raises(ClientError, match=r"InvalidIpamPoolId\.NotFound"):
        rule(account, policy, "ipam-pool-0123456789abcdef0")
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        rule(account, policy, resource_type="nlb")


def test_an_account_without_an_organisation_enables_a_policy_for_itself(
    account: Account, ipam: dict[str, Any], policy: str
) -> None:
    assert enabled(account, ADMINISTRATOR) == (False, None, None)
    with pytest.raises(ClientError, match="IncorrectState"):
        account.ec2.disable_ipam_policy(IpamPolicyId=policy)
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        account.ec2.enable_ipam_policy(IpamPolicyId=policy, OrganizationTargetId=STRANGER)
    assert account.ec2.enable_ipam_policy(IpamPolicyId=policy)["IpamPolicyId"] == policy
    assert enabled(account, ADMINISTRATOR) == enabled(account, ADMINISTRATOR, AWAY) == (True, policy, "account")
    assert enabled(account, STRANGER) == (False, None, None)
    assert account.ec2.get_ipam_policy_organization_targets(IpamPolicyId=policy)["OrganizationTargets"] == []
    with pytest.raises(ClientError, match="DependencyViolation"):
        account.ec2.delete_ipam_policy(IpamPolicyId=policy)
    second = create(account, ipam)
    account.ec2.enable_ipam_policy(IpamPolicyId=second)
    assert enabled(account, ADMINISTRATOR)[1] == second
    assert account.ec2.disable_ipam_policy(IpamPolicyId=second)["Return"] is True
    assert enabled(account, ADMINISTRATOR) == (False, None, None)


def test_the_policy_of_the_nearest_target_is_in_force(account: Account) -> None:
    organization.found()
    account.of(MANAGEMENT).enable_ipam_organization_admin_account(DelegatedAdminAccountId=ADMINISTRATOR)
    ipam = account.ipam()
    targets = (ROOT, OUTER, INNER, AT_ROOT)
    policies = {target: create(account, ipam) for target in targets}
    with pytest.raises(ClientError, match="MissingParameter"):
        account.ec2.enable_ipam_policy(IpamPolicyId=policies[ROOT])
    for wrong in (STRANGER, "somewhere"):
        with pytest.raises(ClientError, match="InvalidParameterValue"):
            account.ec2.enable_ipam_policy(IpamPolicyId=policies[ROOT], OrganizationTargetId=wrong)
    for target, policy in policies.items():
        account.ec2.enable_ipam_policy(IpamPolicyId=policy, OrganizationTargetId=target)
    nearest = {MANAGEMENT: ROOT, AT_ROOT: AT_ROOT, IN_OUTER: OUTER, IN_INNER: INNER}
    for who, target in nearest.items():
        assert enabled(account, who) == (True, policies[target], "delegated-administrator-for-ipam")
    assert enabled(account, STRANGER) == (False, None, None)

    account.ec2.enable_ipam_policy(IpamPolicyId=policies[INNER], OrganizationTargetId=AT_ROOT)
    answer = account.ec2.get_ipam_policy_organization_targets(IpamPolicyId=policies[INNER])
    assert answer["OrganizationTargets"] == [{"OrganizationTargetId": AT_ROOT}, {"OrganizationTargetId": INNER}]
    account.ec2.disable_ipam_policy(IpamPolicyId=policies[INNER], OrganizationTargetId=INNER)
    assert enabled(account, IN_INNER)[1] == policies[OUTER]
    account.of(MANAGEMENT).disable_ipam_organization_admin_account(DelegatedAdminAccountId=ADMINISTRATOR)
    assert enabled(account, IN_INNER) == (False, None, None)


def test_an_account_reads_the_rules_of_the_policy_that_it_is_under(account: Account, policy: str, pool: str) -> None:
    rule(account, policy, pool, resource_type="alb")
    with pytest.raises(ClientError, match=r"InvalidIpamPolicyId\.NotFound"):
        documents(account.of(AT_ROOT), policy)
    organization.found()
    account.of(MANAGEMENT).enable_ipam_organization_admin_account(DelegatedAdminAccountId=ADMINISTRATOR)
    account.ec2.enable_ipam_policy(IpamPolicyId=policy, OrganizationTargetId=ROOT)
    assert documents(account.of(AT_ROOT), policy) == [(HOME, "alb", [pool])]
    with pytest.raises(ClientError, match=r"InvalidIpamPolicyId\.NotFound"):
        documents(account.of(AT_ROOT, "us-west-2"), policy)


def test_new_addresses_come_from_the_first_pool_of_the_rule_that_has_any(
    account: Account, ipam: dict[str, Any], policy: str, pool: str
) -> None:
    other = public_pool(account, ipam)

    def chosen(resource_type: str, who: str = ADMINISTRATOR, region: str = HOME) -> str | None:
        return simulated_ipam.pool_for_new(resource_type, who, region)

    rule(account, policy, pool, other, resource_type="alb")
    assert chosen("alb") is None
    account.ec2.enable_ipam_policy(IpamPolicyId=policy)
    assert chosen("alb") == pool
    assert chosen("eip") is chosen("alb", region=AWAY) is chosen("alb", who=STRANGER) is None
    account.ec2.allocate_ipam_pool_cidr(IpamPoolId=pool, NetmaskLength=30)
    assert chosen("alb") == other
    account.ec2.allocate_ipam_pool_cidr(IpamPoolId=other, NetmaskLength=30)
    assert chosen("alb") is None
