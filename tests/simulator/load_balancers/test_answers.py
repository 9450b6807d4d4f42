"""The models have every member that the shapes of AWS's answers have: the serializer would leave out a misspelt one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore import xform_name
from moto.elbv2.models import elbv2_backends

from tests.simulator.ipam.conftest import ACCOUNT, HOME

if TYPE_CHECKING:
    from tests.simulator.load_balancers.conftest import Account

NOT_HAD = {
    "CustomerOwnedIpv4Pool",
    "EnablePrefixForIpv6SourceNat",
    "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic",
}
"""Members of Outposts and of Network Load Balancers that carry traffic."""

KNOWN_AS_ARN_AND_NAME = {"LoadBalancerArn", "LoadBalancerName"}


def test_every_member_of_a_load_balancer_has_an_attribute(account: Account) -> None:
    arn = account.arn()
    balancer = elbv2_backends[ACCOUNT][HOME].load_balancers[arn]
    shape = account.elb.meta.service_model.shape_for("LoadBalancer")
    assert {name for name in shape.members if not hasattr(balancer, xform_name(name))} == (
        NOT_HAD | KNOWN_AS_ARN_AND_NAME
    )
    answered = set(account.described(arn))
    assert set(shape.members) - answered == NOT_HAD | {"IpamPools"}


def test_answers_to_changes_name_what_was_changed(account: Account) -> None:
    arn, group = account.arn(), account.balancer()["SecurityGroups"]
    assert account.elb.set_security_groups(LoadBalancerArn=arn, SecurityGroups=group)["SecurityGroupIds"] == group
