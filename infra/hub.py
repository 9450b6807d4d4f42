"""The hub: what is deployed once, in the IPAM's account and home Region. It only composes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import CfnOutput, Stack

from infra.bundling import functions_asset
from infra.notifications import Notifications
from infra.notify import Notify
from infra.operate import Operate
from infra.records import Records
from infra.refill_pools import RefillPoolsRemediation

if TYPE_CHECKING:
    from aws_cdk import Environment
    from constructs import Construct

    from infra.config import Config
    from infra.operate import Operated


class Hub(Stack):
    """Functions, alarms, rules, ledger and topic."""

    def __init__(self, scope: Construct, construct_id: str, *, config: Config, env: Environment) -> None:
        super().__init__(scope, construct_id, env=env, description="Poolwarden: keeps IP addresses healthy")
        asset = functions_asset(config)
        records = Records(self, "Records")
        notifications = Notifications(
            self,
            "Notifications",
            emails=config.notifications.email,
            contacts=config.contacts,
            minimum_severity=config.notifications.minimum_severity,
        )
        Notify(self, "Notify", asset=asset, records=records, notifications=notifications)
        outputs = {
            "LedgerTableName": records.ledger.table_name,
            "TopicArn": notifications.topic.topic_arn,
        }
        remediations: list[Operated] = []
        if config.refill_pools and config.refill_pools.enabled:
            refill = RefillPoolsRemediation(
                self,
                "RefillPools",
                settings=config.refill_pools,
                mode=config.mode_of(config.refill_pools),
                tag_prefix=config.tag_prefix,
                asset=asset,
                records=records,
                alarm_topic=notifications.alarm_topic,
                change_calendar=config.change_calendar,
            )
            remediations.append(refill)
            outputs["RefillPoolsFunction"] = refill.function.function_name
        operate = Operate(
            self,
            "Operate",
            asset=asset,
            records=records,
            alarm_topic=notifications.alarm_topic,
            change_calendar=config.change_calendar,
            remediations=remediations,
        )
        outputs["OperateFunction"] = operate.function.function_name
        for name, value in outputs.items():
            CfnOutput(self, name, value=value)
