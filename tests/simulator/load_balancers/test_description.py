"""DescribeLoadBalancers and tags: names, pages and limits."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from moto.elbv2.models import elbv2_backends

from simulator.load_balancers.models.families import APPLICATION
from simulator.load_balancers.models.load_balancers import LoadBalancerRequest
from simulator.load_balancers.models.placements import SubnetMapping
from tests.simulator.elastic_ips.conftest import refusal
from tests.simulator.ipam.conftest import ACCOUNT, HOME

if TYPE_CHECKING:
    from tests.simulator.load_balancers.conftest import Account

MANY = 2000


def make_many(account: Account, count: int) -> list[str]:
    """Load balancers made without HTTP between; their ARNs."""
    backend = elbv2_backends[ACCOUNT][HOME]
    mappings = tuple(SubnetMapping(subnet_id=subnet) for subnet in account.subnets())
    return [
        backend.create_load_balancer(
            LoadBalancerRequest(
                name=f"web-{number}",
                family=APPLICATION,
                scheme="internet-facing",
                ip_address_type="ipv4",
                mappings=mappings,
                security_groups=(),
                ipv4_ipam_pool_id=None,
                tags=(("number", str(number)),),
            )
        ).arn
        for number in range(count)
    ]


def test_pages_of_400_lead_through_2000_load_balancers_quickly(account: Account) -> None:
    arns = make_many(account, MANY)
    began = time.process_time()
    pages = list(account.elb.get_paginator("describe_load_balancers").paginate())
    seconds = time.process_time() - began
    assert [len(page["LoadBalancers"]) for page in pages] == [400] * 5
    assert [balancer["LoadBalancerArn"] for page in pages for balancer in page["LoadBalancers"]] == arns
    assert seconds < 5
    began = time.process_time()
    interfaces = account.interfaces(arns[-1])
    assert len(interfaces) == 2
    assert time.process_time() - began < 1


def test_pages_can_be_smaller_and_a_foreign_marker_is_refused(account: Account) -> None:
    arns = make_many(account, 3)
    page = account.elb.describe_load_balancers(PageSize=2)
    rest = account.elb.describe_load_balancers(PageSize=2, Marker=page["NextMarker"])
    assert [each["LoadBalancerArn"] for each in (*page["LoadBalancers"], *rest["LoadBalancers"])] == arns
    assert "NextMarker" not in rest
    assert refusal(account.elb.describe_load_balancers, Marker="elsewhere") == "ValidationError"
    assert refusal(account.unchecked_elb().describe_load_balancers, PageSize=401) == "ValidationError"


def test_load_balancers_are_found_by_arn_or_name_up_to_20(account: Account) -> None:
    arns = make_many(account, 21)
    describe = account.elb.describe_load_balancers
    assert [each["LoadBalancerArn"] for each in describe(Names=["web-7", "web-3"])["LoadBalancers"]] == [
        arns[7],
        arns[3],
    ]
    assert len(describe(LoadBalancerArns=arns[:20])["LoadBalancers"]) == 20
    assert refusal(describe, LoadBalancerArns=arns) == "ValidationError"
    assert refusal(describe, LoadBalancerArns=arns[:1], Names=["web-3"]) == "ValidationError"
    assert refusal(describe, Names=["web-3", "app-3"]) == "LoadBalancerNotFound"
    for call in (account.elb.delete_load_balancer, account.elb.set_subnets):
        assert refusal(call, LoadBalancerArn=arns[0].replace(":loadbalancer/", ":targetgroup/")) == "ValidationError"
    assert refusal(describe, LoadBalancerArns=["web-3"]) == "ValidationError"


def test_tags_of_at_most_20_resources_are_described_in_one_call(account: Account) -> None:
    arns = make_many(account, 21)
    descriptions = account.elb.describe_tags(ResourceArns=arns[:20])["TagDescriptions"]
    assert [description["ResourceArn"] for description in descriptions] == arns[:20]
    assert descriptions[7]["Tags"] == [{"Key": "number", "Value": "7"}]
    assert refusal(account.elb.describe_tags, ResourceArns=arns) == "ValidationError"


def test_tags_are_added_and_removed_or_refused_as_a_whole(account: Account) -> None:
    elb, arn = account.elb, account.arn(Tags=[{"Key": "team", "Value": "net"}, {"Key": "keep", "Value": "true"}])
    elb.add_tags(ResourceArns=[arn], Tags=[{"Key": "team", "Value": "web"}, {"Key": "stage"}])
    elb.remove_tags(ResourceArns=[arn], TagKeys=["keep", "absent"])
    expected = [{"Key": "team", "Value": "web"}, {"Key": "stage", "Value": ""}]
    many = [{"Key": str(number), "Value": ""} for number in range(49)]
    assert refusal(elb.add_tags, ResourceArns=[arn], Tags=many) == "TooManyTags"
    assert refusal(elb.add_tags, ResourceArns=[arn], Tags=[{"Key": "a"}, {"Key": "a"}]) == "DuplicateTagKeys"
    assert refusal(elb.add_tags, ResourceArns=[arn], Tags=[{"Key": "aws:a"}]) == "ValidationError"
    assert refusal(elb.add_tags, ResourceArns=[arn, f"{arn}0"], Tags=[{"Key": "a"}]) == "LoadBalancerNotFound"
    assert refusal(elb.describe_tags, ResourceArns=[f"{arn}0"]) == "LoadBalancerNotFound"
    assert refusal(elb.describe_tags, ResourceArns=["web"]) == "ValidationError"
    assert elb.describe_tags(ResourceArns=[arn])["TagDescriptions"] == [{"ResourceArn": arn, "Tags": expected}]


def test_a_load_balancer_without_tags_has_an_empty_list_of_them(account: Account) -> None:
    arn = account.arn()
    assert account.elb.describe_tags(ResourceArns=[arn])["TagDescriptions"] == [{"ResourceArn": arn, "Tags": []}]


def test_listeners_and_target_groups_are_tagged_too(account: Account) -> None:
    group = account.elb.create_target_group(Name="web", Protocol="HTTP", Port=80, VpcId=account.balancer()["VpcId"])
    arn = group["TargetGroups"][0]["TargetGroupArn"]
    account.elb.add_tags(ResourceArns=[arn], Tags=[{"Key": "team", "Value": "net"}])
    [described] = account.elb.describe_tags(ResourceArns=[arn])["TagDescriptions"]
    assert described["Tags"] == [{"Key": "team", "Value": "net"}]
