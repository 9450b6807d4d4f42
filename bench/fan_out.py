"""How many API calls it takes to learn that `release_eips` has nothing to do anywhere: ours beside account by account.

Inside this process: an organisation, its IPAM in the simulator's account, and addresses that are all in use. They are
written into the sample of the IPAM's discovery, because to make them one by one takes longer than all the rest.
"""

from __future__ import annotations

import os
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import boto3
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.endpoint import Endpoint
from moto import mock_aws
from moto.core.botocore_stubber import MockRawResponse
from moto.ec2.models import ec2_backends

from bench.result import OURS, Measure, Result, Row, Spread
from infra.config.schema import Config
from lambdas.common.settings import Settings
from lambdas.release_eips import planner
from simulator import ipam
from simulator.clock import CLOCK
from simulator.ipam.models.public_addresses import DiscoveredPublicAddress
from simulator.organization import Organization

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from botocore.awsrequest import AWSPreparedRequest

HUB, MANAGER = "123456789012", "999999999999"
REGIONS = (
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "eu-central-1",
    "eu-west-1",
    "eu-west-2",
    "ap-southeast-2",
)
HOME = REGIONS[0]
IN_USE = 6
"""Addresses of each account in each Region: with 200 accounts a Region's are more than a page of 1,000."""

ROLE = "PoolwardenSpoke-ReleaseEips"
ROOT = "r-f6g7"
ORGANIZATION = "o-a1b2c3d4e5"
ACCOUNT_BY_ACCOUNT = "account by account, as c7n-org does"
CALLS = Measure(name="calls a sweep", better="less")
PER_PLACE = Measure(name="calls for each account and Region", better="less")


@dataclass(frozen=True, kw_only=True)
class Size:
    """How large an organisation is; the hub is one of its accounts."""

    accounts: int
    regions: int

    @property
    def members(self) -> tuple[str, ...]:
        """The ids of the accounts, the hub's first."""
        return (HUB, *(f"{200_000_000_000 + number}" for number in range(1, self.accounts)))

    @property
    def region_names(self) -> tuple[str, ...]:
        """The Regions, the hub's first."""
        return REGIONS[: self.regions]


SIZES = (Size(accounts=10, regions=2), Size(accounts=50, regions=4), Size(accounts=200, regions=8))


def measure() -> Result:
    """Let both look through organisations of rising size."""
    rows = [_row(size, name, sum(calls(size, look).values())) for size in SIZES for name, look in CONTENDERS.items()]
    return Result(
        title="Learning that no address is idle, in a whole organisation",
        about=(
            f"{IN_USE} addresses in use in each account and Region. Ours asks the IPAM's discovery, for each Region "
            "and page of 1,000; the other takes on a role and describes the addresses in every account and Region, as "
            "c7n-org does, which starts a session for each; what it is answered is made up, that nothing is idle. "
            "The calls are counted as they leave the SDK."
        ),
        measures=(CALLS, PER_PLACE),
        rows=tuple(rows),
    )


def calls(size: Size, look: Callable[[Size], None], *, in_use: int = IN_USE) -> Counter[str]:
    """Count the API calls of one look through an organisation, by operation."""
    with organisation(size, in_use=in_use), counted() as counter:
        look(size)
    return counter


def ours(size: Size) -> None:
    """Plan a sweep as the function does when its schedule wakes it."""
    if places := places_with_work(size):
        raise RuntimeError(f"nothing is idle, and yet there is work in {len(places)} places")


def places_with_work(size: Size) -> list[str]:
    """Name the accounts and Regions to which a sweep would send a message."""
    targets = planner.places_with_work(_settings(size), own=HUB, home=HOME)
    return [target.name for target in targets]


def account_by_account(size: Size) -> None:
    """Take on a role in each account, for each Region anew, and describe the addresses there.

    The accounts answer with what counts here, that nothing is there to be done: to have moto make them takes minutes.
    """
    clients = [boto3.client("sts"), *(boto3.client("ec2", region_name=region) for region in size.region_names)]
    for each in clients:
        each.meta.events.register(f"before-send.{each.meta.service_model.service_name}", _answer)
    sts, *ec2s = clients
    for account in size.members:
        for ec2 in ec2s:
            sts.assume_role(RoleArn=f"arn:aws:iam::{account}:role/{ROLE}", RoleSessionName="sweep")
            ec2.describe_addresses()


def _answer(request: AWSPreparedRequest, event_name: str, **_: object) -> AWSResponse:
    operation = event_name.rpartition(".")[2]
    body = f"<{operation}Response><{operation}Result/></{operation}Response>".encode()
    return AWSResponse(request.url, 200, HTTPHeaders(), MockRawResponse(body))


CONTENDERS: dict[str, Callable[[Size], None]] = {OURS: ours, ACCOUNT_BY_ACCOUNT: account_by_account}


@contextmanager
def counted() -> Iterator[Counter[str]]:
    """Count what is sent to AWS meanwhile, by operation."""
    counter: Counter[str] = Counter()
    send = Endpoint.make_request

    def counting(self: Endpoint, operation_model: Any, request_dict: Any) -> Any:  # noqa: ANN401 - as botocore's
        counter[operation_model.name] += 1
        return send(self, operation_model, request_dict)

    with patch.object(Endpoint, "make_request", counting):
        yield counter


@contextmanager
def organisation(size: Size, *, in_use: int = IN_USE, idle_in: str = "") -> Iterator[None]:
    """Let there be an organisation whose IPAM has looked at it; one more address is idle in the account `idle_in`."""
    lines = dict.fromkeys((MANAGER, *size.members), (ROOT,))
    there = Organization(id=ORGANIZATION, management_account=MANAGER, root_id=ROOT, lines=lines)
    environment = {
        "AWS_ACCESS_KEY_ID": "simulated",
        "AWS_SECRET_ACCESS_KEY": "simulated",
        "AWS_DEFAULT_REGION": HOME,
        "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",
    }
    ipam.install()
    CLOCK.forget_timers()
    with patch.dict(os.environ, environment), mock_aws():
        ipam.use_directory(lambda account: there if account in lines else None)
        ec2_backends[MANAGER][HOME].enable_ipam_organization_admin_account(HUB)
        made = boto3.client("ec2").create_ipam(OperatingRegions=[{"RegionName": each} for each in size.region_names])
        CLOCK.advance(600)
        discoveries = ec2_backends[HUB][HOME].ipam_resource_discoveries
        observation = discoveries[made["Ipam"]["DefaultResourceDiscoveryId"]].observation
        observation.public_addresses = sorted(_addresses(size, in_use, idle_in), key=lambda each: each.key)
        try:
            yield
        finally:
            ipam.use_directory(lambda _account: None)
            CLOCK.forget_timers()


def _addresses(size: Size, in_use: int, idle_in: str) -> Iterator[DiscoveredPublicAddress]:
    for region in size.region_names:
        for index, account in enumerate(size.members):
            for number in range(in_use):
                address = DiscoveredPublicAddress(
                    address=f"54.{index // 250}.{index % 250}.{number}",
                    address_region=region,
                    address_owner_id=account,
                    address_type="amazon-owned-eip",
                    association_status="associated",
                    network_border_group=region,
                )
                yield address
            if account == idle_in:
                yield replace(address, address="54.255.0.0", association_status="disassociated")


def _settings(size: Size) -> Settings:
    config = Config.model_validate(
        {
            "regions": size.region_names,
            "organization": {"id": ORGANIZATION, "accounts": "all", "exclude_accounts": [MANAGER]},
            "release_eips": {},
        }
    )
    return Settings.from_document(config.runtime_settings())


def _row(size: Size, contender: str, count: int) -> Row:
    places = size.accounts * size.regions
    return Row(
        setting=f"{size.accounts} accounts in {size.regions} Regions",
        contender=contender,
        figures={CALLS.name: Spread.of([count]), PER_PLACE.name: Spread.of([count / places])},
    )
