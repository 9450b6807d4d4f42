"""An account with Elastic IPs, inside this process."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from simulator import elastic_ips, ipam
from simulator.clock import CLOCK
from tests.simulator.elastic_ips.wire_shapes import check_answer
from tests.simulator.ipam.conftest import ACCOUNT, HOME, session
from tests.simulator.ipam.conftest import Account as IpamAccount

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

OTHER = "999999999999"


@cache
def client_of(account: str, region: str) -> Any:
    """A client whose every answer is held against the shape that it should have."""
    client = session().client("ec2", region_name=region)
    client.meta.events.register(
        "before-sign.ec2", lambda request, **_: request.headers.add_header("x-moto-account-id", account)
    )
    client.meta.events.register("after-call.ec2", check_answer)
    return client


class Account(IpamAccount):
    """What most tests of addresses begin with."""

    def client(self, region: str) -> Any:
        return client_of(ACCOUNT, region)

    def of(self, account: str, region: str = HOME) -> Any:
        return client_of(account, region)

    def other(self) -> Any:
        """The EC2 of another account, in the same Region."""
        return client_of(OTHER, HOME)

    def allocate(self, **parameters: Any) -> str:
        """The allocation id of a new address."""
        return str(self.ec2.allocate_address(**parameters)["AllocationId"])

    def address(self, allocation_id: str) -> dict[str, Any]:
        [address] = self.ec2.describe_addresses(AllocationIds=[allocation_id])["Addresses"]
        return dict(address)

    def addresses(self) -> list[str]:
        """The allocation ids of all addresses."""
        return [address["AllocationId"] for address in self.ec2.describe_addresses()["Addresses"]]

    def default_subnet(self) -> str:
        return str(
            self.ec2.describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"][0][
                "SubnetId"
            ]
        )

    def other_subnet(self) -> str:
        """A subnet in a VPC that is not the default one."""
        vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        return str(self.ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"])

    def interface(self, subnet: str | None = None, **parameters: Any) -> dict[str, Any]:
        """A new network interface, in the default VPC unless another subnet is named."""
        interface = self.ec2.create_network_interface(SubnetId=subnet or self.default_subnet(), **parameters)
        return dict(interface["NetworkInterface"])

    def instance(self, subnet: str | None = None) -> str:
        started = self.ec2.run_instances(
            ImageId="ami-12345678", MinCount=1, MaxCount=1, SubnetId=subnet or self.default_subnet()
        )
        return str(started["Instances"][0]["InstanceId"])

    def associated(self, subnet: str | None = None) -> tuple[str, str]:
        """The allocation and association ids of a new address on a new interface."""
        allocation = self.allocate()
        interface = self.interface(subnet)["NetworkInterfaceId"]
        answer = self.ec2.associate_address(AllocationId=allocation, NetworkInterfaceId=interface)
        return allocation, str(answer["AssociationId"])

    def contiguous_pool(self, *, locale: str = HOME, netmask_length: int = 30, **parameters: Any) -> str:
        """An IPAM pool with a contiguous block of Amazon's."""
        scope = self.public_scope()
        pool = self.pool(scope, Locale=locale, AwsService="ec2", PublicIpSource="amazon", **parameters)
        self.ec2.provision_ipam_pool_cidr(IpamPoolId=pool, NetmaskLength=netmask_length)
        self.settle()
        return pool

    def own_pool(self, cidr: str = "130.137.249.0/24") -> str:
        """A public IPv4 pool with a range that the account brought."""
        proof = {"Message": "message", "Signature": "signature"}
        self.ec2.provision_byoip_cidr(Cidr=cidr, CidrAuthorizationContext=proof)
        self.settle()
        return str(self.ec2.describe_public_ipv4_pools()["PublicIpv4Pools"][-1]["PoolId"])

    def public_scope(self) -> str:
        ipams = self.ec2.describe_ipams()["Ipams"] or [self.ipam()]
        return str(ipams[0]["PublicDefaultScopeId"])


@pytest.fixture
def account() -> Iterator[Account]:
    elastic_ips.install()
    CLOCK.forget_timers()
    with mock_aws():
        yield Account()
    ipam.use_directory(lambda _account: None)


def refusal(call: Callable[..., Any], **parameters: Any) -> str:
    """The code of the error that AWS answers."""
    with pytest.raises(ClientError) as refused:
        call(**parameters)
    return str(refused.value.response["Error"]["Code"])
