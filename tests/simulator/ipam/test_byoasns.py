"""One's own Autonomous System Numbers, and the ranges that they advertise."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from simulator.clock import CLOCK

if TYPE_CHECKING:
    from tests.simulator.ipam.conftest import Account

PROOF = {"Message": "message", "Signature": "signature"}
RANGE = "130.137.249.0/24"
ASN = "12345"
WEEK = 7 * 86_400


def authorization(asn: str = ASN, *, holder: str = "123456789012", days: int = 1) -> dict[str, str]:
    last_day = f"{CLOCK.now() + timedelta(days=days):%Y%m%d}"
    return {"Message": f"1|aws|{holder}|{asn}|{last_day}|SHA256|RSAPSS", "Signature": "signature"}


def bring(account: Account, ipam: str, asn: str = ASN, **details: Any) -> dict[str, Any]:
    """An ASN after it was tried to bring it."""
    context = authorization(asn, **details)
    asked = account.ec2.provision_ipam_byoasn(IpamId=ipam, Asn=asn, AsnAuthorizationContext=context)["Byoasn"]
    assert asked == {"Asn": asn, "IpamId": ipam, "State": "pending-provision"}
    account.settle()
    [byoasn] = [known for known in account.ec2.describe_ipam_byoasn()["Byoasns"] if known["Asn"] == asn]
    return dict(byoasn)


def byoip(account: Account) -> dict[str, Any]:
    [cidr] = account.ec2.describe_byoip_cidrs(MaxResults=100)["ByoipCidrs"]
    return dict(cidr)


@pytest.fixture
def ipam(account: Account) -> dict[str, Any]:
    return account.ipam()


@pytest.fixture
def pool(account: Account, ipam: dict[str, Any]) -> str:
    """A pool with a range of one's own, in a Region in which an ASN is provisioned."""
    pool = account.pool(ipam["PublicDefaultScopeId"], Locale="us-east-1", AwsService="ec2")
    account.ec2.provision_ipam_pool_cidr(IpamPoolId=pool, Cidr=RANGE, CidrAuthorizationContext=PROOF)
    assert bring(account, ipam["IpamId"])["State"] == "provisioned"
    return pool


def test_an_asn_is_associated_with_a_range_and_advertises_it(account: Account, pool: str) -> None:
    asked = account.ec2.associate_ipam_byoasn(Asn=ASN, Cidr=RANGE)["AsnAssociation"]
    assert asked == {"Asn": ASN, "Cidr": RANGE, "State": "pending-association"}
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        account.ec2.advertise_byoip_cidr(Cidr=RANGE, Asn=ASN)
    account.settle()
    assert byoip(account)["AsnAssociations"] == [{"Asn": ASN, "Cidr": RANGE, "State": "associated"}]
    account.ec2.advertise_byoip_cidr(Cidr=RANGE, Asn=ASN)
    assert (byoip(account)["State"], byoip(account)["IpamPoolId"]) == ("advertised", pool)
    with pytest.raises(ClientError, match="IncorrectState"):
        account.ec2.disassociate_ipam_byoasn(Asn=ASN, Cidr=RANGE)


@pytest.mark.usefixtures("pool")
def test_a_range_goes_back_to_amazons_asn_at_any_time_but_to_ones_own_once_an_hour(account: Account) -> None:
    account.ec2.associate_ipam_byoasn(Asn=ASN, Cidr=RANGE)
    account.settle()
    account.ec2.advertise_byoip_cidr(Cidr=RANGE, Asn=ASN)
    account.ec2.advertise_byoip_cidr(Cidr=RANGE, Asn="AWS")
    with pytest.raises(ClientError, match="IncorrectState"):
        account.ec2.advertise_byoip_cidr(Cidr=RANGE, Asn=ASN)
    account.settle(3600)
    account.ec2.advertise_byoip_cidr(Cidr=RANGE, Asn=ASN)


def test_an_association_keeps_asn_and_range_from_being_given_up(
    account: Account, ipam: dict[str, Any], pool: str
) -> None:
    account.ec2.associate_ipam_byoasn(Asn=ASN, Cidr=RANGE)
    account.settle()
    with pytest.raises(ClientError, match="DependencyViolation"):
        account.ec2.deprovision_ipam_byoasn(IpamId=ipam["IpamId"], Asn=ASN)
    account.ec2.deprovision_ipam_pool_cidr(IpamPoolId=pool, Cidr=RANGE)
    account.settle()
    assert account.pool_cidrs(pool)[0]["State"] == "failed-deprovision"

    account.ec2.disassociate_ipam_byoasn(Asn=ASN, Cidr=RANGE)
    assert byoip(account)["AsnAssociations"][0]["State"] == "pending-disassociation"
    account.settle()
    assert byoip(account)["AsnAssociations"] == []
    account.ec2.deprovision_ipam_byoasn(IpamId=ipam["IpamId"], Asn=ASN)
    account.ec2.deprovision_ipam_pool_cidr(IpamPoolId=pool, Cidr=RANGE)
    account.settle()
    assert account.pool_cidrs(pool)[0]["State"] == "deprovisioned"
    assert account.ec2.describe_byoip_cidrs(MaxResults=100)["ByoipCidrs"] == []
    assert account.ec2.describe_ipam_byoasn()["Byoasns"][0]["State"] == "deprovisioned"
    account.settle(WEEK)
    assert account.ec2.describe_ipam_byoasn()["Byoasns"] == []


@pytest.mark.parametrize(
    ("details", "said"),
    [
        ({"holder": "999999999999"}, "The authorization message is for another account or ASN."),
        ({"days": -1}, "The authorization message has expired."),
    ],
)
def test_an_asn_without_a_message_that_allows_it_fails_and_is_forgotten(
    account: Account, ipam: dict[str, Any], details: dict[str, Any], said: str
) -> None:
    failed = bring(account, ipam["IpamId"], **details)
    assert (failed["State"], failed["StatusMessage"]) == ("failed-provision", said)
    with pytest.raises(ClientError, match="IncorrectState"):
        account.ec2.deprovision_ipam_byoasn(IpamId=ipam["IpamId"], Asn=ASN)
    account.settle(WEEK)
    assert account.ec2.describe_ipam_byoasn()["Byoasns"] == []


@pytest.mark.parametrize("asn", ["0", "23456", "64512", "65535", "4200000000", "4294967296", "AS12345", ""])
def test_only_public_asns_can_be_brought(account: Account, ipam: dict[str, Any], asn: str) -> None:
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        account.ec2.provision_ipam_byoasn(IpamId=ipam["IpamId"], Asn=asn, AsnAuthorizationContext=authorization())


def test_there_are_five_asns_and_pages_of_them(account: Account, ipam: dict[str, Any]) -> None:
    numbers = ["13", "12", "11", "131072", "10"]
    for asn in numbers:
        assert bring(account, ipam["IpamId"], asn)["State"] == "provisioned"
    with pytest.raises(ClientError, match="ResourceLimitExceeded"):
        bring(account, ipam["IpamId"], "14")
    first = account.ec2.describe_ipam_byoasn(MaxResults=3)
    rest = account.ec2.describe_ipam_byoasn(MaxResults=3, NextToken=first["NextToken"])
    listed = [[known["Asn"] for known in page["Byoasns"]] for page in (first, rest)]
    assert listed == [["10", "11", "12"], ["13", "131072"]]
