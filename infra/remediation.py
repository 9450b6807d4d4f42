"""What every remediation is made of: its function, and all that wakes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Duration, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.alarms import CONTRIBUTOR_STATE_CHANGE, EVENTS_SOURCE, STATE_CHANGE
from infra.function import MEMORY_MB, TIMEOUT, WatchedFunction
from infra.members import hub_role_name, spoke_role_name
from infra.missed_sweeps import alarm_on_missed_sweeps
from infra.records import MODE_PARAMETER
from lambdas.common.announce import DECISION, SOURCE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from infra.members import Pattern
    from infra.members_bus import Members
    from infra.platform import Platform
    from infra.records import Records

_ATTEMPTS_FROM_QUEUE = 3
"""As often as Lambda tries an event. Its guide asks for five where receives may be throttled: `_WORKERS` bounds how
many messages are received at a time, and each attempt waits for six timeouts, so that people hear within the hour, or
within three where a function has ten minutes.
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html"""

_WORKERS = 10
"""So many accounts and Regions are swept at a time: each has limits of its own, DynamoDB and Lambda are shared."""

_VISIBILITY_TIMEOUTS = 6
"""Lambda's guide: a queue's visibility timeout should be six times the timeout of the function that polls it."""


class Remediation(Construct):
    """A function that reconciles.

    It is woken on a schedule, when alarms change state, on events, and when it asked to look again.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        description: str,
        platform: Platform,
        schedule: str | None,
        works_in_members: bool = True,
        timeout: Duration = TIMEOUT,
        memory_mb: int = MEMORY_MB,
    ) -> None:
        super().__init__(scope, construct_id)
        self._platform = platform
        records = platform.records
        self.watched = WatchedFunction(
            self,
            construct_id,
            handler=f"lambdas.{name}.handler.handler",
            description=description,
            platform=platform,
            environment={
                "GUARDS_TABLE": records.guards.table_name,
                "LEDGER_TABLE": records.ledger.table_name,
                "MODE_PARAMETER": MODE_PARAMETER,
                "SPOKE_ROLE": spoke_role_name(construct_id),
            },
            # A name that is known before the role is there, so that roles in other accounts can trust it.
            role_name=hub_role_name(construct_id) if platform.members else None,
            timeout=timeout,
            memory_mb=memory_mb,
        )
        self.function = self.watched.function
        self._keep_records(records)
        self._recheck(timeout)
        if schedule is not None:
            self._wake_by_rule("Schedule", schedule=events.Schedule.expression(schedule))
            alarm_on_missed_sweeps(self.watched, schedule=schedule, platform=platform)
        self.watched.may_read_what_restrains(platform)
        if platform.members is not None and works_in_members:
            self._work_in_members(spoke_role_name(construct_id), platform.members)

    def wake_on_alarms(self, construct_id: str, names: Sequence[str]) -> None:
        """Wake the function when one of these alarms changes its state, or one of its contributors does."""
        pattern: Pattern = {
            "source": [EVENTS_SOURCE],
            "detail-type": [STATE_CHANGE, CONTRIBUTOR_STATE_CHANGE],
            "detail": {"alarmName": list(names)},
        }
        self._wake_on(construct_id, pattern)

    def wake_on_decisions(self, construct_id: str, detail: Mapping[str, Sequence[str]]) -> None:
        """Wake the function on decisions that match, its own or another's."""
        self._wake_on(construct_id, {"source": [SOURCE], "detail-type": [DECISION], "detail": detail})

    def wake_on_refills(self) -> None:
        """Wake the function when a pool got another CIDR: what it was too short for may fit now."""
        refilled = {"remediation": ["refill_pools"], "action": ["provision_cidr"], "outcome": ["done"]}
        self.wake_on_decisions("RefilledPools", refilled)

    def wake_on_api_calls(self, patterns: Mapping[str, Pattern]) -> None:
        """Wake the function on these API calls, here and in every account and Region that tells the hub."""
        for name, pattern in patterns.items():
            self._wake_on(name, pattern)
            if self._platform.members is not None:
                self._wake_on(f"Members{name}", pattern, bus=self._platform.members.bus)

    def _wake_on(self, construct_id: str, pattern: Pattern, *, bus: events.IEventBus | None = None) -> None:
        rule = self._wake_by_rule(construct_id, bus=bus)
        child = rule.node.default_child
        assert isinstance(child, events.CfnRule)  # noqa: S101 - a rule's default child is its CloudFormation resource
        child.event_pattern = pattern

    def _wake_by_rule(
        self, construct_id: str, *, schedule: events.Schedule | None = None, bus: events.IEventBus | None = None
    ) -> events.Rule:
        placeholder = None if schedule else events.EventPattern(source=[SOURCE])
        rule = events.Rule(self, construct_id, schedule=schedule, event_pattern=placeholder, event_bus=bus)
        rule.add_target(targets.LambdaFunction(self.function, dead_letter_queue=self.watched.dead_letters))
        return rule

    def _work_in_members(self, role: str, members: Members) -> None:
        """Let the function take on its role in the accounts of the configuration."""
        self.function.add_environment("SPOKE_EXTERNAL_ID", members.external_id)
        if not members.accounts:
            return
        whose = {"StringEquals": {"aws:ResourceOrgID": members.organization_id}} if members.organization_id else {}
        partition = Stack.of(self).partition
        self.watched.allow(
            iam.PolicyStatement(
                sid="WorkInMembers",
                actions=["sts:AssumeRole"],
                resources=[f"arn:{partition}:iam::{account}:role/{role}" for account in members.accounts],
                conditions=whose,
            ),
            wildcards="All accounts of the organization are looked after, new ones included, or more than can be named",
        )

    def _keep_records(self, records: Records) -> None:
        self.watched.allow(
            iam.PolicyStatement(
                sid="KeepRecords",
                actions=["dynamodb:GetItem", "dynamodb:UpdateItem"],
                resources=[records.ledger.table_arn],
            ),
            iam.PolicyStatement(
                sid="KeepGuards",
                # PutItem marks sweeps and opens proposals, also the one that takes the place of what was approved.
                actions=["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
                resources=[records.guards.table_arn],
            ),
            iam.PolicyStatement(
                sid="AnnounceDecisions",
                actions=["events:PutEvents"],
                resources=[events.EventBus.from_event_bus_name(self, "DefaultBus", "default").event_bus_arn],
                # The key has one value for each entry; ForAllValues alone would let a call without the key pass.
                conditions={
                    "ForAllValues:StringEquals": {"events:source": SOURCE},
                    "Null": {"events:source": "false"},
                },
            ),
        )

    def _recheck(self, timeout: Duration) -> None:
        """What is pending is looked at again in a minute: the function sends itself a delayed message."""
        queue = sqs.Queue(
            self,
            "Rechecks",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            visibility_timeout=Duration.seconds(timeout.to_seconds() * _VISIBILITY_TIMEOUTS),
            dead_letter_queue=sqs.DeadLetterQueue(
                max_receive_count=_ATTEMPTS_FROM_QUEUE, queue=self.watched.dead_letters
            ),
        )
        self.function.add_environment("RECHECK_QUEUE_URL", queue.queue_url)
        self.function.add_event_source(
            event_sources.SqsEventSource(
                queue,
                # One at a time, so that a worker that dies in one account takes no other account's work with it.
                batch_size=1 if self._platform.members else 10,
                max_concurrency=_WORKERS,
                report_batch_item_failures=True,
            )
        )
        self.watched.allow(
            # What Lambda asks for, to poll a queue in the role's name.
            # https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
            iam.PolicyStatement(
                sid="PollRechecks",
                actions=["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"],
                resources=[queue.queue_arn],
            ),
            iam.PolicyStatement(sid="AskForRechecks", actions=["sqs:SendMessage"], resources=[queue.queue_arn]),
        )
