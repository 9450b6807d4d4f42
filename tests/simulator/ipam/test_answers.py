"""The models have every member that the shapes of AWS's answers have: the serializer would leave out a misspelt one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore import xform_name
from moto.ec2.models import ec2_backends

from simulator.clock import CLOCK
from simulator.ipam.models.byoasns import AsnAssociation
from simulator.ipam.models.discovered import DiscoveredAccount, Sampled
from simulator.ipam.models.resource_cidrs import resource_cidr
from tests.simulator.ipam.conftest import session

if TYPE_CHECKING:
    from tests.simulator.ipam.conftest import Account


def members(shape: str) -> list[str]:
    model = session().client("ec2", region_name="us-east-1").meta.service_model
    return list(model.shape_for(shape).members)


def lacks(model: Any, shape: str) -> list[str]:
    """The members of the shape that moto's serializer would find nothing for."""
    return [
        member
        for member in members(shape)
        if not hasattr(model, xform_name(member)) and not hasattr(model, xform_name(member.removeprefix(shape)))
    ]


@pytest.fixture
def models(account: Account) -> dict[str, Any]:
    """One model of each shape, by the shape's name."""
    ipam = account.ipam()
    pool = account.pool(ipam["PrivateDefaultScopeId"], "10.0.0.0/8", Locale="us-east-1")
    vpc = account.ec2.create_vpc(Ipv4IpamPoolId=pool, Ipv4NetmaskLength=24)["Vpc"]["VpcId"]
    public_pool = account.pool(ipam["PublicDefaultScopeId"], Locale="us-east-1", AwsService="ec2")
    policy = account.ec2.create_ipam_policy(IpamId=ipam["IpamId"])["IpamPolicy"]["IpamPolicyId"]
    rules = [{"SourceIpamPoolId": public_pool}]
    account.ec2.modify_ipam_policy_allocation_rules(
        IpamPolicyId=policy, Locale="us-east-1", ResourceType="eip", AllocationRules=rules
    )
    account.ec2.create_ipam_external_resource_verification_token(IpamId=ipam["IpamId"])
    proof = {"Message": "message", "Signature": "signature"}
    account.ec2.provision_ipam_byoasn(IpamId=ipam["IpamId"], Asn="12345", AsnAuthorizationContext=proof)
    account.ec2.provision_byoip_cidr(Cidr="130.137.249.0/24", CidrAuthorizationContext=proof)
    account.settle()
    backend = ec2_backends["123456789012"]["us-east-1"]
    monitor = backend.ipams[ipam["IpamId"]].monitor
    discovered = next(cidr for cidr in monitor.found if cidr.resource_id == vpc)
    history = monitor.history.records(
        scope_id=ipam["PrivateDefaultScopeId"], cidr="10.0.0.0/24", vpc_id=vpc, start=CLOCK.now(), end=CLOCK.now()
    )
    discovery = backend.ipam_resource_discoveries[ipam["DefaultResourceDiscoveryId"]]
    sample_time = discovery.observation.sample_time
    public_pool = next(iter(backend.public_ipv4_pools.values()))
    return {
        "Ipam": backend.ipams[ipam["IpamId"]],
        "IpamScope": backend.ipam_scopes[ipam["PrivateDefaultScopeId"]],
        "IpamPool": backend.ipam_pools[pool],
        "IpamPoolCidr": next(iter(backend.ipam_pools[pool].cidrs.values())),
        "IpamPoolAllocation": next(iter(backend.ipam_pools[pool].allocations.values())),
        "IpamResourceCidr": resource_cidr(monitor, discovered),
        "IpamAddressHistoryRecord": history[0],
        "IpamExternalResourceVerificationToken": next(iter(backend.ipam_verification_tokens.values())),
        "IpamResourceDiscovery": next(iter(backend.ipam_resource_discoveries.values())),
        "IpamResourceDiscoveryAssociation": next(iter(backend.ipam_resource_discovery_associations.values())),
        "IpamPolicy": backend.ipam_policies[policy],
        "IpamPolicyDocument": backend.get_ipam_policy_documents(policy)[0],
        "IpamDiscoveredAccount": DiscoveredAccount(
            account=discovery.observation.accounts[0], discovery_region="us-east-1", sample_time=sample_time
        ),
        "IpamDiscoveredResourceCidr": Sampled(
            found=discovered, ipam_resource_discovery_id=discovery.id, sample_time=sample_time
        ),
        "Byoasn": next(iter(backend.byoasns.values())),
        "AsnAssociation": AsnAssociation("12345", "130.137.249.0/24"),
        "ByoipCidr": next(iter(backend.byoip_cidrs.values())),
        "PublicIpv4Pool": public_pool,
        "PublicIpv4PoolRange": public_pool.pool_address_ranges[0],
    }


def test_every_member_of_every_shape_has_an_attribute(models: dict[str, Any]) -> None:
    missing = {shape: lacks(model, shape) for shape, model in models.items()}
    assert {shape: names for shape, names in missing.items() if names} == {}
