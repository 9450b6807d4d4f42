"""What has to be known of an address besides what DescribeAddresses tells, read in batches and never old.

What could not be read is not taken as good: it is told, and the address stays.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from lambdas.common import accounts
from lambdas.common.aws_clients import client
from lambdas.common.dynamo import timestamp
from lambdas.common.errors import AwsError, code_of, reason_of
from lambdas.release_eips import dns
from lambdas.release_eips.batches import LONGEST_SECONDS
from lambdas.release_eips.model import Evidence, Unread
from lambdas.release_eips.pace import READING, Pace

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Iterator, Mapping

    from mypy_boto3_ec2 import EC2Client

    from lambdas.common.targets import Target
    from lambdas.release_eips.batches import Batches, Found
    from lambdas.release_eips.model import Address, Finding
    from lambdas.release_eips.pace import RunTime

OLDEST = timedelta(seconds=230)
"""No address is released by older evidence: docs/reliability.md promises five minutes, the call may take one."""

SAMPLING = timedelta(hours=1)
"""IPAM samples: it may show an association as ended so much later than it was, and mean the one that we know of."""

NOT_OFFERED = frozenset({"OperationNotPermitted", "UnsupportedOperation"})
"""How an IPAM says that it keeps no history of addresses, as on the free tier."""

PAGE = 1_000

WHAT = {"transfers": "The transfers of addresses", "ptr": "The PTR records of addresses", "dns": "DNS"}
"""What the batches are called for people."""


@dataclass(kw_only=True)
class Examiner:
    """Gathers evidence for one target during one run.

    `account_ids` are those whose hosted zones may name addresses. `batches` is shared by all that one invocation looks
    at.
    """

    target: Target
    time: RunTime
    account_ids: tuple[str, ...]
    batches: Batches
    reading: Pace = field(default_factory=lambda: Pace(burst=READING[0], per_second=READING[1]))
    _scopes: Collection[str] | None = None

    def common(self, address: Address, *, recent: bool = False) -> Evidence:
        """Give the evidence that is read for all addresses at once; records only of one that nothing else keeps.

        It may be as old as the invocation, but where it must be `recent` enough to release an address by it.
        """
        transfers, at = self._batch("transfers", self._transfers, recent=recent)
        evidence = Evidence(transfer=_of(transfers, address.allocation_id), read={"transfers": at})
        ptrs, at = self._batch("ptr", self._ptrs, recent=recent)
        evidence = replace(evidence, ptr=_of(ptrs, address.allocation_id), read={**evidence.read, "ptr": at})
        if evidence.transfer is not None or evidence.ptr is not None:
            return evidence
        records, at = self._batch("dns", self._records, recent=recent)
        return replace(evidence, dns=_of(records, address.public_ip), read={**evidence.read, "dns": at})

    def particular(self, address: Address, *, idle_since: datetime) -> Evidence:
        """Give all the evidence about one address, recent enough to release it."""
        evidence = self.common(address, recent=True)
        if self.is_old(evidence):
            # One batch took so long to read that another, read before it, is too old by now.
            evidence = self.common(address, recent=True)
        return self.completed(evidence, address, idle_since=idle_since)

    def completed(self, evidence: Evidence, address: Address, *, idle_since: datetime) -> Evidence:
        """Add to what was read for all addresses at once what takes calls of its own, which is read now."""
        if any(each is not None for each in (evidence.transfer, evidence.ptr, evidence.dns)):
            return evidence
        stack = self._stack(address)
        evidence = replace(evidence, stack=stack, read={**evidence.read, "stack": self._stamp()})
        if stack is not None:
            return evidence
        used_at = self._last_use(address, idle_since)
        return replace(evidence, used_at=used_at, read={**evidence.read, "history": self._stamp()})

    @property
    def seconds_ahead(self) -> float:
        """How long it may take to read anew what another address would be released by."""
        return sum(self.batches.seconds_ahead(self._key(name)) for name in WHAT)

    def is_old(self, evidence: Evidence) -> bool:
        """Say whether something was read too long ago to release anything by it: calls since may have been slow."""
        oldest = min(map(datetime.fromisoformat, evidence.read.values()))
        return self.time.present - oldest > OLDEST

    def _batch(self, name: str, read: Callable[[], Found | Unread], *, recent: bool) -> tuple[Found | Unread, str]:
        """Give what is read for all addresses, and when its reading began."""
        found, age = self.batches.get(self._key(name), WHAT[name], read, recent=recent)
        return found, timestamp(self.time.present - age)

    def _key(self, name: str) -> Hashable:
        return name, self.account_ids if name == "dns" else self.target.name

    def _transfers(self) -> Mapping[str, str]:
        """To which account each address is offered; an offer that is over counts no more."""
        pages = self._ec2.get_paginator("describe_address_transfers").paginate(PaginationConfig={"PageSize": PAGE})
        return {
            each["AllocationId"]: each.get("TransferAccountId", "another account")
            for page in pages
            for each in page["AddressTransfers"]
            if each.get("AddressTransferStatus") == "pending"
        }

    def _ptrs(self) -> Mapping[str, str]:
        """The PTR record of each address that has one, is to get one, or is losing it."""
        pages = self._ec2.get_paginator("describe_addresses_attribute").paginate(
            Attribute="domain-name", PaginationConfig={"PageSize": PAGE}
        )
        return {
            each["AllocationId"]: each.get("PtrRecord") or each.get("PtrRecordUpdate", {}).get("Value") or "(changing)"
            for page in pages
            for each in page["Addresses"]
            if each.get("PtrRecord") or each.get("PtrRecordUpdate")
        }

    def _records(self) -> Found | Unread:
        began = self.time.elapsed
        return dns.records(
            self.account_ids,
            region=self.target.region,
            is_late=lambda: self.time.elapsed - began > LONGEST_SECONDS,
        )

    def _stack(self, address: Address) -> Finding:
        """The stack that an address belongs to: those that were made before 2019 have no tag that says so.

        The physical id of an AWS::EC2::EIP is its address.
        https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackResources.html
        """
        role = accounts.role_in(self.target.account, region=self.target.region)
        self.reading.wait()
        try:
            answer = client("cloudformation", self.target.region, role_arn=role).describe_stack_resources(
                PhysicalResourceId=address.public_ip
            )
        except ClientError as error:
            if code_of(error) == "ValidationError" and "does not exist" in str(error):
                return None
            return _unread("CloudFormation", error)
        except AwsError as error:
            return _unread("CloudFormation", error)
        names = [each["StackName"] for each in answer["StackResources"]]
        return names[0] if names else None

    def _last_use(self, address: Address, idle_since: datetime) -> datetime | Unread | None:
        """The last association since it is idle that IPAM knows of, where there is an IPAM that does."""
        try:
            uses = [use for scope in self._public_scopes() for use in self._uses(scope, address, idle_since)]
        except AwsError as error:
            return None if code_of(error) in NOT_OFFERED else _unread("IPAM's address history", error)
        return max(uses, default=None)

    def _uses(self, scope: str, address: Address, idle_since: datetime) -> Iterator[datetime]:
        self.reading.wait()
        pages = (
            client("ec2")
            .get_paginator("get_ipam_address_history")
            .paginate(Cidr=f"{address.public_ip}/32", IpamScopeId=scope, StartTime=idle_since)
        )
        for page in pages:
            for each in page["HistoryRecords"]:
                ended = each.get("SampledEndTime") or self.time.at
                associated = each.get("ResourceType") != "eip" or each.get("VpcId")
                if associated and (each["SampledStartTime"] > idle_since or ended > idle_since + SAMPLING):
                    yield ended

    def _public_scopes(self) -> Collection[str]:
        """The public scopes of our IPAMs, in whose home Region we are; read once."""
        if self._scopes is None:
            pages = client("ec2").get_paginator("describe_ipams").paginate()
            self._scopes = [ipam["PublicDefaultScopeId"] for page in pages for ipam in page["Ipams"]]
        return self._scopes

    @property
    def _ec2(self) -> EC2Client:
        role = accounts.role_in(self.target.account, region=self.target.region)
        return client("ec2", self.target.region, role_arn=role)

    def _stamp(self) -> str:
        return timestamp(self.time.present)


def _of(found: Found | Unread, key: str) -> Finding:
    return found if isinstance(found, Unread) else found.get(key)


def _unread(what: str, error: Exception) -> Unread:
    return Unread(what=what, reason=reason_of(error), message=str(error))
