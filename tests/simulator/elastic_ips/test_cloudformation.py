"""Elastic IPs that CloudFormation makes, in an account of its own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import WaiterError

from simulator.client import Simulation

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.scenario

STACK = "addresses"


@pytest.fixture(scope="module")
def simulation() -> Iterator[Simulation]:
    with Simulation.start() as simulation:
        yield simulation


class Stack:
    """One stack, updated step by step."""

    def __init__(self, simulation: Simulation) -> None:
        self.cloudformation = simulation.client("cloudformation")
        self.ec2 = simulation.client("ec2")

    def deploy(self, resources: dict[str, Any], *, waiter: str, **outputs: Any) -> None:
        template = {"Resources": resources}
        if outputs:
            template["Outputs"] = {name: {"Value": value} for name, value in outputs.items()}
        change = (
            self.cloudformation.create_stack if waiter == "stack_create_complete" else self.cloudformation.update_stack
        )
        change(StackName=STACK, TemplateBody=json.dumps(template))
        self.cloudformation.get_waiter(waiter).wait(StackName=STACK, WaiterConfig={"Delay": 1, "MaxAttempts": 30})

    def create(self, resources: dict[str, Any], **outputs: Any) -> None:
        self.deploy(resources, waiter="stack_create_complete", **outputs)

    def update(self, resources: dict[str, Any], **outputs: Any) -> None:
        self.deploy(resources, waiter="stack_update_complete", **outputs)

    def outputs(self) -> dict[str, str]:
        [stack] = self.cloudformation.describe_stacks(StackName=STACK)["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

    def address(self) -> dict[str, Any]:
        """The one address of the account."""
        [address] = self.ec2.describe_addresses()["Addresses"]
        return dict(address)

    def tags(self) -> dict[str, str]:
        return {tag["Key"]: tag["Value"] for tag in self.address()["Tags"]}

    def delete(self) -> None:
        self.cloudformation.delete_stack(StackName=STACK)
        waiter = self.cloudformation.get_waiter("stack_delete_complete")
        waiter.wait(StackName=STACK, WaiterConfig={"Delay": 1, "MaxAttempts": 30})


@pytest.fixture
def stack(simulation: Simulation) -> Iterator[Stack]:
    stack = Stack(simulation)
    yield stack
    stack.delete()
    assert stack.ec2.describe_addresses()["Addresses"] == []


def eip(**properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::EC2::EIP", "Properties": {"Domain": "vpc", **properties}}


def tagged(value: str) -> list[dict[str, str]]:
    return [{"Key": "team", "Value": value}]


def test_a_stacks_address_has_the_tags_that_users_may_not_set(stack: Stack) -> None:
    stack.create({"Eip": eip(Tags=tagged("net"))}, Ref={"Ref": "Eip"}, Id={"Fn::GetAtt": ["Eip", "AllocationId"]})
    [described] = stack.cloudformation.describe_stacks(StackName=STACK)["Stacks"]
    assert stack.outputs() == {"Ref": stack.address()["PublicIp"], "Id": stack.address()["AllocationId"]}
    assert stack.tags() == {
        "team": "net",
        "aws:cloudformation:stack-name": STACK,
        "aws:cloudformation:stack-id": described["StackId"],
        "aws:cloudformation:logical-id": "Eip",
    }


def test_new_tags_leave_the_address_as_it_is(stack: Stack) -> None:
    stack.create({"Eip": eip(Tags=tagged("net"))})
    before = stack.address()
    stack.ec2.create_tags(Resources=[before["AllocationId"]], Tags=[{"Key": "by-hand", "Value": "yes"}])
    stack.update({"Eip": eip(Tags=tagged("ops"))})
    assert (stack.address()["PublicIp"], stack.tags()["team"]) == (before["PublicIp"], "ops")
    stack.update({"Eip": eip(NetworkBorderGroup="us-east-1")})
    assert stack.address()["PublicIp"] != before["PublicIp"]


def test_an_address_of_another_pool_replaces_the_one_before(stack: Stack) -> None:
    stack.create({"Eip": eip()})
    before = stack.address()["PublicIp"]
    stack.update({"Eip": eip(NetworkBorderGroup="us-east-1-bos-1")})
    assert stack.address()["NetworkBorderGroup"] == "us-east-1-bos-1"
    assert stack.address()["PublicIp"] != before


def test_an_address_goes_with_its_instance_and_off_it(stack: Stack, simulation: Simulation) -> None:
    ec2 = simulation.client("ec2")
    first, second = (
        started["InstanceId"]
        for started in ec2.run_instances(ImageId="ami-12345678", MinCount=2, MaxCount=2)["Instances"]
    )
    stack.create({"Eip": eip(InstanceId=first)})
    assert stack.address()["InstanceId"] == first
    stack.update({"Eip": eip(InstanceId=second)})
    assert stack.address()["InstanceId"] == second
    stack.update({"Eip": eip()})
    assert "InstanceId" not in stack.address()


def test_an_association_is_a_resource_of_its_own(stack: Stack, simulation: Simulation) -> None:
    ec2 = simulation.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.0.0/24")["Subnet"]["SubnetId"]
    interface = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    association = {
        "Type": "AWS::EC2::EIPAssociation",
        "Properties": {"AllocationId": {"Fn::GetAtt": ["Eip", "AllocationId"]}, "NetworkInterfaceId": interface},
    }
    stack.create({"Eip": eip(), "Association": association}, Ref={"Ref": "Association"})
    assert stack.address()["AssociationId"] == stack.outputs()["Ref"]
    stack.update({"Eip": eip()})
    assert "AssociationId" not in stack.address()


def test_a_stack_whose_pool_is_not_there_fails_with_ec2s_words(simulation: Simulation) -> None:
    stack = Stack(simulation)
    template = json.dumps({"Resources": {"Eip": eip(IpamPoolId="ipam-pool-00000000000000000")}})
    stack.cloudformation.create_stack(StackName="failing", TemplateBody=template)
    with pytest.raises(WaiterError):
        stack.cloudformation.get_waiter("stack_create_complete").wait(
            StackName="failing", WaiterConfig={"Delay": 1, "MaxAttempts": 30}
        )
    events = stack.cloudformation.describe_stack_events(StackName="failing")["StackEvents"]
    assert any("InvalidIpamPoolId.NotFound" in event.get("ResourceStatusReason", "") for event in events)
