"""One deployed function with its own role, log group, dead-letter queue and the alarms that watch it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.alarms import alarm_on_any
from infra.wildcards import acknowledge_wildcards

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_cloudwatch as cloudwatch
    from aws_cdk import aws_sns as sns

    from infra.platform import Platform

TIMEOUT = Duration.minutes(2)
MEMORY_MB = 256
ONE_CPU_MB = 1769
"""What gives a function one whole CPU, by Lambda's guide."""
_PERIOD = Duration.minutes(5)


class WatchedFunction(Construct):
    """A function that loses nothing.

    What fails for good is in its dead-letter queue, whose alarm people hear without any function of ours.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        handler: str,
        description: str,
        platform: Platform,
        environment: Mapping[str, str],
        role_name: str | None = None,
        timeout: Duration = TIMEOUT,
        memory_mb: int = MEMORY_MB,
    ) -> None:
        super().__init__(scope, construct_id)
        self.dead_letters = sqs.Queue(
            self,
            "DeadLetters",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(14),
        )
        log_group = logs.LogGroup(
            self, "Logs", retention=logs.RetentionDays.SIX_MONTHS, removal_policy=RemovalPolicy.DESTROY
        )
        self.role = iam.Role(
            self,
            "Role",
            role_name=role_name,
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description=f"What {handler} may do",
        )
        log_group.grant_write(self.role)
        self.function = lambda_.Function(
            self,
            "Function",
            code=platform.asset,
            handler=handler,
            description=description,
            runtime=lambda_.Runtime.PYTHON_3_14,
            architecture=lambda_.Architecture.ARM_64,
            role=self.role.without_policy_updates(),
            environment=dict(environment),
            log_group=log_group,
            timeout=timeout,
            memory_size=memory_mb,
            retry_attempts=2,
            dead_letter_queue=self.dead_letters,
            tracing=lambda_.Tracing.DISABLED,
            # Who looks again each minute at what is pending wakes itself: Lambda would end that after 16 times.
            # https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
            recursive_loop=lambda_.RecursiveLoop.ALLOW,
        )
        self.allow(
            iam.PolicyStatement(
                sid="KeepDeadLetters", actions=["sqs:SendMessage"], resources=[self.dead_letters.queue_arn]
            )
        )
        self._alarm(
            "DeadLettersAlarm",
            self.dead_letters.metric_approximate_number_of_messages_visible(period=_PERIOD, statistic="Maximum"),
            f"{construct_id} gave up on an event: it is in the dead-letter queue {self.dead_letters.queue_name}",
            platform.alarm_topic,
        )
        self._alarm(
            "ErrorsAlarm",
            self.function.metric_errors(period=_PERIOD, statistic="Sum"),
            f"{construct_id} keeps failing: its log group is {log_group.log_group_name}",
            platform.alarm_topic,
            periods=3,
        )
        self._alarm(
            "ThrottlesAlarm",
            self.function.metric_throttles(period=_PERIOD, statistic="Sum"),
            f"{construct_id} is kept from running: raise the account's quota of concurrent executions",
            platform.alarm_topic,
            periods=3,
        )

    def _alarm(
        self,
        construct_id: str,
        metric: cloudwatch.IMetric,
        description: str,
        topic: sns.ITopic,
        periods: int = 1,
    ) -> None:
        alarm = alarm_on_any(self, construct_id, metric=metric, description=description, periods=periods)
        alarm.add_alarm_action(actions.SnsAction(topic))

    def may_read_what_restrains(self, platform: Platform) -> None:
        """Let the function read what stops every change: the kill switch, and the change calendar if there is one."""
        switch = platform.records.mode.parameter_arn
        self.allow(iam.PolicyStatement(sid="ReadTheKillSwitch", actions=["ssm:GetParameter"], resources=[switch]))
        if platform.change_calendar is not None:
            calendar = Stack.of(self).format_arn(
                service="ssm", resource="document", resource_name=platform.change_calendar
            )
            self.allow(
                iam.PolicyStatement(sid="ReadTheCalendar", actions=["ssm:GetCalendarState"], resources=[calendar])
            )

    def allow(self, *statements: iam.PolicyStatement, wildcards: str | None = None) -> None:
        """Let the function's role do something more; `wildcards` says why not every resource is named."""
        for statement in statements:
            self.role.add_to_policy(statement)
        if wildcards is not None:
            acknowledge_wildcards(self.role, statements, reason=wildcards)
