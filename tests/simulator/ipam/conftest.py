"""An account with an IPAM, inside this process."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from moto import mock_aws

from simulator import ipam
from simulator.clock import CLOCK
from tests.simulator.elastic_ips.wire_shapes import check_answer

if TYPE_CHECKING:
    from collections.abc import Iterator

ACCOUNT = "123456789012"
HOME = "us-east-1"
AWAY = "eu-west-1"


@cache
def session() -> boto3.Session:
    """One session for all tests, because it takes long to read EC2's model."""
    return boto3.Session(aws_access_key_id=ACCOUNT, aws_secret_access_key="test")


@cache
def client_of(region: str, account: str = ACCOUNT) -> Any:
    """A client whose every answer is held against the shape that it should have."""
    client = session().client("ec2", region_name=region)
    client.meta.events.register(
        "before-sign.ec2", lambda request, **_: request.headers.add_header("x-moto-account-id", account)
    )
    client.meta.events.register("after-call.ec2", check_answer)
    return client


class Account:
    """boto3 clients, and the few calls that most tests begin with."""

    def __init__(self) -> None:
        self.ec2 = self.client(HOME)

    def client(self, region: str) -> Any:
        return client_of(region)

    def of(self, account: str, region: str = HOME) -> Any:
        """The EC2 of another account."""
        return client_of(region, account)

    def unchecked_client(self) -> Any:
        """A client that sends what boto3 itself would refuse."""
        return session().client("ec2", region_name=HOME, config=Config(parameter_validation=False))

    def settle(self, seconds: float = 600) -> None:
        CLOCK.advance(seconds)

    def ipam(self, **parameters: Any) -> dict[str, Any]:
        ipam: dict[str, Any] = self.ec2.create_ipam(OperatingRegions=[{"RegionName": AWAY}], **parameters)["Ipam"]
        return ipam

    def pool(self, scope: str, *cidrs: str, **parameters: Any) -> str:
        """A settled pool with these CIDRs provisioned."""
        parameters.setdefault("AddressFamily", "ipv4")
        pool: str = self.ec2.create_ipam_pool(IpamScopeId=scope, **parameters)["IpamPool"]["IpamPoolId"]
        self.settle()
        for cidr in cidrs:
            self.ec2.provision_ipam_pool_cidr(IpamPoolId=pool, Cidr=cidr)
        self.settle()
        assert [cidr["State"] for cidr in self.pool_cidrs(pool)] == ["provisioned"] * len(cidrs)
        return pool

    def pool_cidrs(self, pool: str) -> list[dict[str, Any]]:
        cidrs: list[dict[str, Any]] = self.ec2.get_ipam_pool_cidrs(IpamPoolId=pool)["IpamPoolCidrs"]
        return cidrs

    def allocations(self, pool: str) -> list[dict[str, Any]]:
        answer: dict[str, list[dict[str, Any]]] = self.ec2.get_ipam_pool_allocations(IpamPoolId=pool)
        return answer["IpamPoolAllocations"]


@pytest.fixture
def account() -> Iterator[Account]:
    ipam.install()
    CLOCK.forget_timers()
    with mock_aws():
        yield Account()
    ipam.use_directory(lambda _account: None)


@pytest.fixture
def scope(account: Account) -> str:
    """The private default scope of a new IPAM."""
    return str(account.ipam()["PrivateDefaultScopeId"])
