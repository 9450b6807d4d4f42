"""Why some statements name no single resource, told to cdk-nag."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Acknowledgment, Aws, Validations

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aws_cdk import aws_iam as iam
    from constructs import IConstruct

TO_COME = "What is described supports no resources, and what is to come has no name beforehand"


def acknowledge_wildcards(construct: IConstruct, statements: Iterable[iam.PolicyStatement], *, reason: str) -> None:
    """Acknowledge the wildcards in these statements' resources, but for none in their actions.

    cdk-nag has no name for a resource but its ARN, in which it writes pseudo parameters in brackets.
    """
    for resource in dict.fromkeys(each for statement in statements for each in statement.resources if "*" in each):
        reported = resource.replace(Aws.PARTITION, "<AWS::Partition>").replace(Aws.ACCOUNT_ID, "<AWS::AccountId>")
        Validations.of(construct).acknowledge(
            Acknowledgment(id=f"AwsSolutions::AwsSolutions-IAM5[Resource::{reported}]", reason=reason)
        )
