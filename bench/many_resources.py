"""What the digest's look at address space takes: memory and CPU, for as many thousand CIDRs as the argument says.

`python -m bench.many_resources 80`, in a process of its own for each number: what counts is what it had at most. IPAM's
answers are read out of XML as botocore reads AWS's; all CIDRs overlap, and each is of another account.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any
from unittest import mock

from botocore.parsers import create_parser
from botocore.session import get_session

from bench import memory
from lambdas.notify import aws
from lambdas.notify.standing import Standing

if TYPE_CHECKING:
    from collections.abc import Iterator

CONTACTS = {f"{number:012}": f"team-{number}@example.com" for number in range(100)}
CIDR = (
    "<item><ipamId>ipam-0123456789abcdef0</ipamId><ipamScopeId>ipam-scope-0123456789abcdef0</ipamScopeId>"
    "<resourceRegion>us-east-1</resourceRegion><resourceOwnerId>{number:012}</resourceOwnerId>"
    "<resourceId>subnet-{number:017x}</resourceId><resourceName>private-{number}</resourceName>"
    "<resourceCidr>10.0.0.0/28</resourceCidr><resourceType>subnet</resourceType><resourceTagSet>"
    "<item><key>Name</key><value>private-{number}</value></item><item><key>env</key><value>prod</value></item>"
    "</resourceTagSet><ipUsage>0.95</ipUsage><complianceStatus>noncompliant</complianceStatus>"
    "<managementState>managed</managementState><overlapStatus>overlapping</overlapStatus>"
    "<vpcId>vpc-{number:017x}</vpcId></item>"
)


def pages(number: int) -> Iterator[Any]:
    """Give so many full pages of GetIpamResourceCidrs, as botocore gives them."""
    shape: Any = get_session().get_service_model("ec2").operation_model("GetIpamResourceCidrs").output_shape
    parser = create_parser("ec2")
    for page in range(number):
        first = page * aws.LARGEST_PAGE
        cidrs = "".join(CIDR.format(number=first + each) for each in range(aws.LARGEST_PAGE))
        body = f"<Answer><ipamResourceCidrSet>{cidrs}</ipamResourceCidrSet></Answer>"
        yield parser.parse({"body": body.encode(), "headers": {}, "status_code": 200}, shape)


def main(thousands: int) -> None:
    """Look through them, and say what it took."""
    standing, began = Standing(CONTACTS), time.process_time()
    answers = mock.Mock()
    answers.get_paginator.return_value.paginate.return_value = pages(thousands)
    with mock.patch.object(aws, "client", return_value=answers):
        for cidr in aws.resource_cidrs("ipam-scope-0"):
            standing.add(cidr)
    seconds = time.process_time() - began
    sys.stdout.write(
        f"{standing.looked_at:,} CIDRs: {memory.most() / memory.MEGABYTE:.0f} MB at most, "
        f"{1000 * seconds / thousands:.0f} ms of CPU for a page\n"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
