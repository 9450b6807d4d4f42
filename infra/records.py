"""What is kept: the ledger of decisions, the guards that hold leases and caps, and the kill switch."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from lambdas.common.ledger import BY_REMEDIATION

MODE_PARAMETER = "/poolwarden/mode"
"""The kill switch. CloudFormation writes a parameter's value only when the template changes it, so an operator's
`observe` outlives later deploys."""


class Records(Construct):
    """Two tables and a parameter. The guards are apart so that the ledger holds nothing but decisions."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        self.ledger = dynamodb.Table(
            self,
            "Ledger",
            partition_key=dynamodb.Attribute(name="decision_id", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="record", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.AWS_MANAGED,
            time_to_live_attribute="expires",
            point_in_time_recovery_specification=_POINT_IN_TIME_RECOVERY,
            deletion_protection=True,
            removal_policy=RemovalPolicy.RETAIN,
        )
        self.ledger.add_global_secondary_index(
            index_name=BY_REMEDIATION,
            partition_key=dynamodb.Attribute(name="remediation", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="last_seen", type=dynamodb.AttributeType.STRING),
        )
        self.guards = dynamodb.Table(
            self,
            "Guards",
            partition_key=dynamodb.Attribute(name="guard", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.AWS_MANAGED,
            time_to_live_attribute="expires",
            point_in_time_recovery_specification=_POINT_IN_TIME_RECOVERY,
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.mode = ssm.StringParameter(
            self,
            "Mode",
            parameter_name=MODE_PARAMETER,
            string_value="deployed",
            description="`observe` stops every change that Poolwarden would make by itself",
        )

    def may_read_by_remediation(self) -> iam.PolicyStatement:
        """What it takes to read the decisions of a remediation by when they were last seen."""
        index = f"{self.ledger.table_arn}/index/{BY_REMEDIATION}"
        return iam.PolicyStatement(sid="ReadByRemediation", actions=["dynamodb:Query"], resources=[index])


_POINT_IN_TIME_RECOVERY = dynamodb.PointInTimeRecoverySpecification(point_in_time_recovery_enabled=True)
