"""What people do in the account meanwhile: whatever comes to their minds, with what is there."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from chaos.account import client
from chaos.estate import EXCLUDING, keeping_tag

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

    from chaos.estate import Estate

MOST_VPCS = 3
DELETED = 0.3


@dataclass
class People:
    """Everybody who works in the account, and how often they did what."""

    dice: random.Random
    estate: Estate
    did: Counter[str] = field(default_factory=Counter)
    _names: itertools.count[int] = field(default_factory=itertools.count)
    _vpcs: int = 0
    _at_stake: str = ""

    def act(self, at_stake: str = "") -> None:
        """Do one thing at random, more likely than not with what is at stake; AWS may refuse it."""
        self._at_stake = at_stake
        deed = self.dice.choice(self._deeds_with(at_stake) or self._deeds())
        try:
            deed()
        except ClientError:
            return
        self.did[deed.__name__.strip("_").replace("_", " ")] += 1

    def _deeds_with(self, at_stake: str) -> Sequence[Callable[[], None]]:
        """Give what can be done with a resource, by its id; nothing of those that are not worth it."""
        if at_stake.startswith("eipalloc-") or at_stake[:1].isdigit():
            return (
                self._associate,
                self._associate,
                self._use_briefly,
                self._tag_address,
                self._name_in_dns,
                self._set_ptr,
                self._offer_transfer,
                self._release_address,
            )
        if at_stake.startswith("ipam-pool-"):
            ask = self._ask_for_too_much
            return ask, ask, self._allocate_cidr, self._release_cidr, self._provision_by_hand, self._protect_pool
        if at_stake.startswith("arn:"):
            return self._move_load_balancer, self._exclude_load_balancer, self._delete_load_balancer
        if at_stake.startswith("vpc-"):
            return self._create_subnet, self._delete_subnet, self._delete_vpc
        return ()

    def _deeds(self) -> Sequence[Callable[[], None]]:
        frequent = (self._allocate_cidr, self._associate, self._disassociate, self._allocate_address)
        return (
            *frequent,
            *frequent,
            self._release_cidr,
            self._provision_by_hand,
            self._create_vpc,
            self._create_subnet,
            self._delete_subnet,
            self._take_cidr_from_vpc,
            self._ask_for_too_much,
            self._protect_pool,
            self._tag_address,
            self._untag_address,
            self._release_address,
            self._name_in_dns,
            self._forget_in_dns,
            self._set_ptr,
            self._offer_transfer,
            self._create_load_balancer,
            self._move_load_balancer,
            self._protect_load_balancer,
            self._exclude_load_balancer,
            self._delete_load_balancer,
            self._delete_vpc,
        )

    def _allocate_cidr(self) -> None:
        length = self.dice.choice([26, 27, 28])
        client("ec2").allocate_ipam_pool_cidr(IpamPoolId=self._pool(), NetmaskLength=length)

    def _release_cidr(self) -> None:
        pool = self._pool()
        found = client("ec2").get_ipam_pool_allocations(IpamPoolId=pool)["IpamPoolAllocations"]
        one = self._one([each for each in found if each["ResourceType"] == "custom"])
        client("ec2").release_ipam_pool_allocation(
            IpamPoolId=pool, Cidr=one["Cidr"], IpamPoolAllocationId=one["IpamPoolAllocationId"]
        )

    def _provision_by_hand(self) -> None:
        cidr = f"10.16.{self.dice.randrange(16)}.0/24"
        client("ec2").provision_ipam_pool_cidr(IpamPoolId=self._pool(), Cidr=cidr)

    def _create_vpc(self) -> None:
        """One inside what pools are refilled from, of which IPAM hears only by discovery."""
        if self._vpcs < MOST_VPCS:
            self._vpcs += 1
            client("ec2").create_vpc(CidrBlock=f"10.{self.dice.choice([16, 64])}.{self.dice.randrange(8)}.0/24")

    def _create_subnet(self) -> None:
        """One somewhere in a VPC from a pool; where there is one already, AWS refuses."""
        vpc = self._vpc()
        cidr = self._one([each["CidrBlock"] for each in vpc["CidrBlockAssociationSet"]])
        block = self.dice.choice(list(ip_network(cidr).subnets(new_prefix=28)))
        client("ec2").create_subnet(VpcId=vpc["VpcId"], CidrBlock=str(block))

    def _delete_subnet(self) -> None:
        filters = [{"Name": "vpc-id", "Values": [self._vpc()["VpcId"]]}]
        subnet = self._one(client("ec2").describe_subnets(Filters=filters)["Subnets"])
        client("ec2").delete_subnet(SubnetId=subnet["SubnetId"])

    def _delete_vpc(self) -> None:
        """Delete one from a pool with its subnets, now and then: there are not many."""
        vpc_id = self._rarely(self._vpc()["VpcId"])
        filters = [{"Name": "vpc-id", "Values": [vpc_id]}]
        for subnet in client("ec2").describe_subnets(Filters=filters)["Subnets"]:
            client("ec2").delete_subnet(SubnetId=subnet["SubnetId"])
        client("ec2").delete_vpc(VpcId=vpc_id)

    def _take_cidr_from_vpc(self) -> None:
        added = self._vpc()["CidrBlockAssociationSet"][1:]
        further = self._one([each for each in added if each["CidrBlockState"]["State"] == "associated"])
        client("ec2").disassociate_vpc_cidr_block(AssociationId=further["AssociationId"])

    def _ask_for_too_much(self) -> None:
        client("ec2").allocate_ipam_pool_cidr(IpamPoolId=self._pool(), NetmaskLength=25)

    def _protect_pool(self) -> None:
        self._tag([self._pool()], "poolwarden:protect", self.dice.choice(["true", "false"]))

    def _allocate_address(self) -> None:
        from_pool = {"IpamPoolId": self.estate.public_pool} if self.dice.random() < 0.3 else {}
        client("ec2").allocate_address(**from_pool)

    def _release_address(self) -> None:
        client("ec2").release_address(AllocationId=self._idle()["AllocationId"])

    def _associate(self) -> None:
        interface = self.dice.choice(self.estate.interfaces)
        client("ec2").associate_address(
            AllocationId=self._idle()["AllocationId"], NetworkInterfaceId=interface, AllowReassociation=True
        )

    def _use_briefly(self) -> None:
        """Use an address that is idle again when anybody looks: only CloudTrail tells of it."""
        allocation_id = self._idle()["AllocationId"]
        association = client("ec2").associate_address(
            AllocationId=allocation_id, NetworkInterfaceId=self.dice.choice(self.estate.interfaces)
        )
        client("ec2").disassociate_address(AssociationId=association["AssociationId"])

    def _disassociate(self) -> None:
        used = [each for each in self._addresses() if each.get("AssociationId")]
        client("ec2").disassociate_address(AssociationId=self._one(used)["AssociationId"])

    def _tag_address(self) -> None:
        self._tag([self._idle()["AllocationId"]], *keeping_tag(self.dice))

    def _untag_address(self) -> None:
        tagged = self._one([each for each in self._addresses() if each.get("Tags")])
        client("ec2").delete_tags(Resources=[tagged["AllocationId"]], Tags=[{"Key": tagged["Tags"][0]["Key"]}])

    def _name_in_dns(self) -> None:
        self._change_dns("CREATE", f"www{next(self._names)}.example.com.", self._idle()["PublicIp"])

    def _forget_in_dns(self) -> None:
        records = client("route53").list_resource_record_sets(HostedZoneId=self.estate.zone)["ResourceRecordSets"]
        record = self._one([each for each in records if each["Type"] == "A"])
        self._change_dns("DELETE", record["Name"], record["ResourceRecords"][0]["Value"])

    def _change_dns(self, action: str, name: str, value: str) -> None:
        record = {"Name": name, "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": value}]}
        client("route53").change_resource_record_sets(
            HostedZoneId=self.estate.zone, ChangeBatch={"Changes": [{"Action": action, "ResourceRecordSet": record}]}
        )

    def _set_ptr(self) -> None:
        allocation = self._idle()["AllocationId"]
        if self.dice.random() < 0.5:
            client("ec2").modify_address_attribute(AllocationId=allocation, DomainName="mail.example.com")
        else:
            client("ec2").reset_address_attribute(AllocationId=allocation, Attribute="domain-name")

    def _offer_transfer(self) -> None:
        allocation = self._idle()["AllocationId"]
        if self.dice.random() < 0.5:
            client("ec2").enable_address_transfer(AllocationId=allocation, TransferAccountId="444455556666")
        else:
            client("ec2").disable_address_transfer(AllocationId=allocation)

    def _create_load_balancer(self) -> None:
        if next(self._names) < MOST_VPCS * 4:
            name = f"web-{next(self._names)}"
            client("elbv2").create_load_balancer(Name=name, Subnets=list(self.estate.subnets[:2]))

    def _move_load_balancer(self) -> None:
        change: dict[str, Any] = self.dice.choice(
            [{"RemoveIpamPools": ["ipv4"]}, {"IpamPools": {"Ipv4IpamPoolId": self.estate.public_pool}}]
        )
        client("elbv2").modify_ip_pools(LoadBalancerArn=self._load_balancer(), **change)

    def _protect_load_balancer(self) -> None:
        tag = {"Key": "poolwarden:protect", "Value": self.dice.choice(["true", "false"])}
        client("elbv2").add_tags(ResourceArns=[self._load_balancer()], Tags=[tag])

    def _exclude_load_balancer(self) -> None:
        """Say that nobody is to look after one, or that somebody is."""
        tag = {"Key": EXCLUDING[0], "Value": self.dice.choice([EXCLUDING[1], "no"])}
        client("elbv2").add_tags(ResourceArns=[self._load_balancer()], Tags=[tag])

    def _delete_load_balancer(self) -> None:
        client("elbv2").delete_load_balancer(LoadBalancerArn=self._rarely(self._load_balancer()))

    def _pool(self) -> str:
        if self._at_stake in self.estate.pools and self.dice.random() < 0.7:
            return self._at_stake
        return self.dice.choice(self.estate.pools)

    def _vpc(self) -> Any:  # noqa: ANN401 - a VPC as EC2 describes it
        filters = [{"Name": "vpc-id", "Values": list(self.estate.vpcs)}]
        return self._one(client("ec2").describe_vpcs(Filters=filters)["Vpcs"])

    def _load_balancer(self) -> str:
        found = client("elbv2").describe_load_balancers()["LoadBalancers"]
        return str(self._one(found)["LoadBalancerArn"])

    def _idle(self) -> Any:  # noqa: ANN401 - an address as EC2 describes it
        return self._one([each for each in self._addresses() if not each.get("AssociationId")])

    def _addresses(self) -> list[Any]:
        found: list[Any] = client("ec2").describe_addresses()["Addresses"]
        return [each for each in found if not each.get("ServiceManaged")]

    def _rarely(self, resource: str) -> str:
        """Give a resource that is to be deleted, as long as there are some left; mostly nobody wants to."""
        return str(self._one([resource] if self.dice.random() < DELETED else []))

    def _one(self, among: Sequence[Any]) -> Any:  # noqa: ANN401 - whatever is chosen from
        """Choose; where there is nothing, AWS would have refused."""
        if not among:
            raise ClientError({"Error": {"Code": "NothingThere"}}, "Choose")
        named = [each for each in among if self._at_stake and self._at_stake in str(each)]
        if named and self.dice.random() < 0.7:
            return named[0]
        return self.dice.choice(among)

    @staticmethod
    def _tag(resources: list[str], key: str, value: str) -> None:
        client("ec2").create_tags(Resources=resources, Tags=[{"Key": key, "Value": value}])
