"""Where each kind of pool gets its CIDRs from, and what it may not ask for."""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.simulator.ipam.conftest import Account

PROOF = {"Message": "1|aws|123456789012|203.0.113.0/24|20300101|SHA256|RSAPSS", "Signature": "signed"}


@pytest.fixture
def public(account: Account) -> str:
    """The public scope of a new IPAM."""
    return str(account.ipam()["PublicDefaultScopeId"])


def provision(account: Account, pool: str, **parameters: Any) -> dict[str, Any]:
    """Provision and wait; the CIDR as it then is."""
    asked = account.ec2.provision_ipam_pool_cidr(IpamPoolId=pool, **parameters)["IpamPoolCidr"]
    account.settle(1200)
    [found] = [cidr for cidr in account.pool_cidrs(pool) if cidr["IpamPoolCidrId"] == asked["IpamPoolCidrId"]]
    return found


def refusal(account: Account, pool: str, **parameters: Any) -> str:
    with pytest.raises(ClientError) as error:
        account.ec2.provision_ipam_pool_cidr(IpamPoolId=pool, **parameters)
    return str(error.value.response["Error"]["Code"])


def contiguous_pool(account: Account, public: str) -> str:
    return account.pool(public, Locale="us-east-1", AwsService="ec2", PublicIpSource="amazon")


def test_amazon_gives_two_contiguous_blocks_and_no_more(account: Account, public: str) -> None:
    pool = contiguous_pool(account, public)
    first, second, third = (provision(account, pool, NetmaskLength=29) for _ in range(3))
    assert (first["State"], second["State"], third["State"]) == ("provisioned", "provisioned", "failed-provision")
    assert not ip_network(first["Cidr"]).overlaps(ip_network(second["Cidr"]))
    assert third["FailureReason"]["Code"] == "limit-exceeded"


def test_a_contiguous_block_beyond_the_size_quota_shows_its_reason_while_it_still_pends(
    account: Account, public: str
) -> None:
    pool = contiguous_pool(account, public)
    account.ec2.provision_ipam_pool_cidr(IpamPoolId=pool, NetmaskLength=27)
    account.settle(300)
    [cidr] = account.pool_cidrs(pool)
    assert cidr["State"] == "pending-provision"
    assert cidr["FailureReason"] == {
        "Code": "limit-exceeded",
        "Message": "account 123456789012 cannot provision a ipv4 contiguous block of size /27 in locale us-east-1",
    }
    account.settle(600)
    assert account.pool_cidrs(pool)[0]["State"] == "failed-provision"


def test_amazons_blocks_are_chosen_by_amazon_for_a_pool_with_a_locale(account: Account, public: str) -> None:
    pool = contiguous_pool(account, public)
    assert refusal(account, pool, Cidr="18.97.0.0/29") == "InvalidParameterCombination"
    nowhere = account.pool(public, AwsService="ec2", PublicIpSource="amazon")
    assert refusal(account, nowhere, NetmaskLength=29) == "InvalidParameterCombination"


def test_amazon_gives_one_ipv6_block_in_a_region(account: Account, public: str) -> None:
    settings = {"AddressFamily": "ipv6", "AwsService": "ec2", "PublicIpSource": "amazon"}
    here, there = (account.pool(public, Locale=region, **settings) for region in ("us-east-1", "eu-west-1"))
    assert provision(account, here, NetmaskLength=52)["State"] == "provisioned"
    assert provision(account, there, NetmaskLength=40)["State"] == "provisioned"
    assert provision(account, here, NetmaskLength=52)["FailureReason"]["Code"] == "limit-exceeded"
    assert refusal(account, here, NetmaskLength=56) == "InvalidParameterValue"


def test_a_byoip_range_needs_proof_at_the_top_but_not_below(account: Account, public: str) -> None:
    top = account.pool(public)
    assert refusal(account, top, Cidr="130.137.245.0/24") == "InvalidParameterCombination"
    assert refusal(account, top, NetmaskLength=24) == "InvalidParameterCombination"
    cidr = provision(account, top, Cidr="130.137.245.0/24", CidrAuthorizationContext=PROOF)
    assert cidr["State"] == "provisioned"
    regional = account.pool(public, SourceIpamPoolId=top, Locale="eu-west-1", AwsService="ec2")
    assert provision(account, regional, Cidr="130.137.245.0/24")["State"] == "provisioned"
    [described] = account.ec2.describe_ipam_pools(IpamPoolIds=[regional])["IpamPools"]
    assert (described["PublicIpSource"], described["AwsService"]) == ("byoip", "ec2")


@pytest.mark.parametrize(
    ("family", "advertised", "cidr", "allowed"),
    [
        ("ipv4", None, "130.137.0.0/23", True),
        ("ipv4", None, "130.137.245.0/25", False),
        ("ipv4", None, "10.0.0.0/16", False),
        ("ipv6", True, "2605:9cc0:409::/48", True),
        ("ipv6", True, "2605:9cc0:409::/56", False),
        ("ipv6", False, "2605:9cc0:409::/56", True),
        ("ipv6", False, "2605:9cc0:409::/64", False),
    ],
)
def test_a_byoip_range_has_a_longest_prefix(
    account: Account, public: str, *, family: str, advertised: bool | None, cidr: str, allowed: bool
) -> None:
    settings: dict[str, Any] = {"AddressFamily": family}
    if advertised is not None:
        settings["PubliclyAdvertisable"] = advertised
    pool = account.pool(public, **settings)
    if allowed:
        assert provision(account, pool, Cidr=cidr, CidrAuthorizationContext=PROOF)["State"] == "provisioned"
    else:
        code = refusal(account, pool, Cidr=cidr, CidrAuthorizationContext=PROOF)
        assert code == "InvalidParameterValue"


def test_a_pool_below_a_regional_byoip_pool_may_have_less_than_a_24(account: Account, public: str) -> None:
    top = account.pool(public)
    provision(account, top, Cidr="130.137.245.0/24", CidrAuthorizationContext=PROOF)
    regional = account.pool(public, SourceIpamPoolId=top, Locale="eu-west-1")
    assert refusal(account, regional, NetmaskLength=25) == "InvalidParameterValue"
    provision(account, regional, NetmaskLength=24)
    team = account.pool(public, SourceIpamPoolId=regional)
    assert provision(account, team, NetmaskLength=27)["Cidr"] == "130.137.245.0/27"


def test_a_verification_token_proves_ownership_for_three_days(account: Account) -> None:
    ipam = account.ipam()
    token = account.ec2.create_ipam_external_resource_verification_token(IpamId=ipam["IpamId"])[
        "IpamExternalResourceVerificationToken"
    ]
    assert (token["Status"], token["State"]) == ("valid", "create-in-progress")
    identifier = token["IpamExternalResourceVerificationTokenId"]
    pool = account.pool(ipam["PublicDefaultScopeId"])
    proof = {"VerificationMethod": "dns-token", "IpamExternalResourceVerificationTokenId": identifier}
    assert provision(account, pool, Cidr="130.137.245.0/24", **proof)["State"] == "provisioned"
    account.settle(72 * 3600)
    assert refusal(account, pool, Cidr="130.137.246.0/24", **proof) == "InvalidParameterValue"
    [described] = account.ec2.describe_ipam_external_resource_verification_tokens(
        Filters=[{"Name": "status", "Values": ["expired"]}]
    )["IpamExternalResourceVerificationTokens"]
    assert described["TokenValue"] == token["TokenValue"]
    account.ec2.delete_ipam_external_resource_verification_token(IpamExternalResourceVerificationTokenId=identifier)
    left = account.ec2.describe_ipam_external_resource_verification_tokens()
    assert left["IpamExternalResourceVerificationTokens"] == []


def test_private_ipv6_is_ula_by_length_or_by_cidr(account: Account, scope: str) -> None:
    pool = account.pool(scope, AddressFamily="ipv6")
    first, second = (provision(account, pool, NetmaskLength=48)["Cidr"] for _ in range(2))
    assert (first, second) == ("fd80::/48", "fd80:0:1::/48")
    assert provision(account, pool, Cidr="fd12:3456:789a::/48")["State"] == "provisioned"
    assert provision(account, pool, Cidr="fd80::/32")["FailureReason"]["Code"] == "cidr-not-available"


@pytest.mark.parametrize("cidr", ["fd00::/16", "fd00:1::/32", "fc00::/48", "fd80::/61", "2001:4860::/32"])
def test_private_ipv6_that_is_not_allowed_is_refused(account: Account, scope: str, cidr: str) -> None:
    pool = account.pool(scope, AddressFamily="ipv6")
    assert refusal(account, pool, Cidr=cidr) == "InvalidParameterValue"


def test_private_gua_works_once_it_is_enabled(account: Account) -> None:
    ipam = account.ipam()
    pool = account.pool(ipam["PrivateDefaultScopeId"], AddressFamily="ipv6")
    assert refusal(account, pool, Cidr="2001:4860::/32") == "InvalidParameterValue"
    account.ec2.modify_ipam(IpamId=ipam["IpamId"], EnablePrivateGua=True)
    assert provision(account, pool, Cidr="2001:4860::/32")["State"] == "provisioned"


def test_an_external_authority_grants_blocks_of_its_ranges(account: Account) -> None:
    ipam = account.ipam()
    authority = {"Type": "infoblox", "ExternalResourceIdentifier": "account-1"}
    scope = account.ec2.create_ipam_scope(IpamId=ipam["IpamId"], ExternalAuthorityConfiguration=authority)["IpamScope"]
    assert scope["ExternalAuthorityConfiguration"] == authority
    pool = account.pool(scope["IpamScopeId"])
    assert provision(account, pool, NetmaskLength=16)["Cidr"] == "10.0.0.0/16"
    assert provision(account, pool, Cidr="10.8.0.0/16")["State"] == "provisioned"
    assert provision(account, pool, Cidr="192.168.0.0/16")["FailureReason"]["Code"] == "cidr-not-available"
    removed = account.ec2.modify_ipam_scope(
        IpamScopeId=scope["IpamScopeId"], RemoveExternalAuthorityConfiguration=True
    )["IpamScope"]
    assert "ExternalAuthorityConfiguration" not in removed
    assert refusal(account, pool, NetmaskLength=16) == "InvalidParameterCombination"


def source_resource(vpc: str, region: str = "us-east-1") -> dict[str, str]:
    return {"ResourceId": vpc, "ResourceType": "vpc", "ResourceRegion": region, "ResourceOwner": "123456789012"}


def test_a_planning_pool_has_the_cidrs_of_its_vpc_and_no_others(account: Account, scope: str) -> None:
    regional = account.pool(scope, "10.0.0.0/16", Locale="us-east-1")
    vpc = account.ec2.create_vpc(Ipv4IpamPoolId=regional, Ipv4NetmaskLength=20)["Vpc"]["VpcId"]
    planning = account.pool(scope, SourceResource=source_resource(vpc))
    [described] = account.ec2.describe_ipam_pools(IpamPoolIds=[planning])["IpamPools"]
    assert (described["Locale"], described["SourceResource"]) == ("us-east-1", source_resource(vpc))
    assert refusal(account, planning, Cidr="10.0.0.0/21") == "InvalidParameterValue"
    assert refusal(account, planning, NetmaskLength=20) == "InvalidParameterCombination"
    assert provision(account, planning, Cidr="10.0.0.0/20")["State"] == "provisioned"
    second = account.pool(scope, SourceResource=source_resource(vpc))
    assert provision(account, second, Cidr="10.0.0.0/20")["FailureReason"]["Code"] == "cidr-not-available"


def test_pools_within_a_planning_pool_inherit_its_resource(account: Account, scope: str) -> None:
    vpc = account.ec2.create_vpc(CidrBlock="10.0.0.0/20")["Vpc"]["VpcId"]
    planning = account.pool(scope, "10.0.0.0/20", SourceResource=source_resource(vpc))
    child = account.pool(scope, "10.0.1.0/24", SourceIpamPoolId=planning)
    [described] = account.ec2.describe_ipam_pools(IpamPoolIds=[child])["IpamPools"]
    assert (described["Locale"], described["SourceResource"]) == ("us-east-1", source_resource(vpc))


def test_a_planning_pool_needs_a_vpc_that_is_there(account: Account, scope: str) -> None:
    with pytest.raises(ClientError, match=r"InvalidVpcID\.NotFound"):
        account.pool(scope, SourceResource=source_resource("vpc-0123456789abcdef0"))


@pytest.mark.parametrize(
    ("public_scope", "settings", "message"),
    [
        (False, {"PublicIpSource": "amazon"}, "scope is public"),
        (False, {"AwsService": "ec2"}, "scope is public"),
        (True, {"PubliclyAdvertisable": True}, "PubliclyAdvertisable"),
        (
            True,
            {"AddressFamily": "ipv6", "PubliclyAdvertisable": True, "PublicIpSource": "amazon"},
            "PubliclyAdvertisable",
        ),
        (False, {"Locale": "us-east-1-dfw-2"}, "operating Region"),
    ],
)
def test_settings_that_do_not_fit_the_scope_are_refused(
    account: Account, *, public_scope: bool, settings: dict[str, Any], message: str
) -> None:
    ipam = account.ipam()
    scope = ipam["PublicDefaultScopeId" if public_scope else "PrivateDefaultScopeId"]
    with pytest.raises(ClientError, match=message):
        account.pool(scope, **settings)


def test_a_public_ipv4_pool_can_be_for_a_local_zone(account: Account, public: str) -> None:
    pool = account.pool(public, Locale="us-east-1-dfw-2")
    [described] = account.ec2.describe_ipam_pools(IpamPoolIds=[pool])["IpamPools"]
    assert described["Locale"] == "us-east-1-dfw-2"


def test_on_the_free_tier_pools_are_for_the_home_region_only(account: Account) -> None:
    public = account.ipam(Tier="free")["PublicDefaultScopeId"]
    account.pool(public, Locale="us-east-1")
    with pytest.raises(ClientError, match="free tier"):
        account.pool(public, Locale="eu-west-1")
