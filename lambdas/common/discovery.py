"""What the IPAM discovers in the accounts that it monitors: samples, minutes old, good for knowing where to look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lambdas.common.aws_clients import client
from lambdas.common.targets import Target, accounts_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from lambdas.common.settings import Settings

PAGE = 1_000  # the most that IPAM's lists give
MOST_PAGES = 1_000
IDLE = "disassociated"


def discoveries() -> list[str]:
    """Give the ids of the resource discoveries that are associated with an IPAM of ours."""
    associations = _all(
        client("ec2").describe_ipam_resource_discovery_associations, "IpamResourceDiscoveryAssociations"
    )
    return sorted(
        {
            each["IpamResourceDiscoveryId"]
            for each in associations
            if each.get("State") == "associate-complete" and each.get("ResourceDiscoveryStatus") == "active"
        }
    )


def accounts_looked_after(conf: Settings, *, own: str, home: str) -> list[str]:
    """Give every account that is looked after; of `all`, those that an IPAM of ours discovers in a Region."""
    everybody = conf.organization is not None and conf.organization.accounts == "all"
    found = covered(discoveries(), conf.regions or (home,)) if everybody else frozenset()
    return accounts_of(conf, {each.account for each in found}, own=own)


def covered(discoveries: Iterable[str], regions: Iterable[str]) -> frozenset[Target]:
    """Give the accounts and Regions that a discovery reads, and read when it last tried."""
    ec2 = client("ec2")
    found = set()
    for discovery in discoveries:
        for region in regions:
            for each in _all(
                ec2.get_ipam_discovered_accounts,
                "IpamDiscoveredAccounts",
                IpamResourceDiscoveryId=discovery,
                DiscoveryRegion=region,
            ):
                if "FailureReason" not in each and "LastSuccessfulDiscoveryTime" in each:
                    found.add(Target(account=each["AccountId"], region=region))
    return frozenset(found)


def with_idle_addresses(discoveries: Iterable[str], regions: Iterable[str]) -> frozenset[Target]:
    """Give the accounts and Regions where, by the last sample, an address is associated with nothing."""
    ec2 = client("ec2")
    return frozenset(
        Target(account=each["AddressOwnerId"], region=region)
        for discovery in discoveries
        for region in regions
        for each in _all(
            ec2.get_ipam_discovered_public_addresses,
            "IpamDiscoveredPublicAddresses",
            IpamResourceDiscoveryId=discovery,
            AddressRegion=region,
        )
        if each.get("AssociationStatus") == IDLE
    )


def _all(call: Callable[..., Any], key: str, **arguments: object) -> Iterator[dict[str, Any]]:
    """Read all pages of a list; boto3 has no paginator for some of them."""
    token: dict[str, str] = {}
    for _ in range(MOST_PAGES):
        answer = call(MaxResults=PAGE, **arguments, **token)
        yield from answer[key]
        if not answer.get("NextToken"):
            return
        token = {"NextToken": answer["NextToken"]}
    raise RuntimeError(f"{key} has more than {MOST_PAGES} pages of {PAGE}")
