"""The hub: what is deployed once, in the IPAM's account and home Region. It only composes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import CfnOutput, Stack, Token

from infra.bundling import functions_asset
from infra.dashboard import Dashboard
from infra.members_bus import Members
from infra.naming import construct_id_of, function_output_of
from infra.notifications import Notifications
from infra.notify import Notify
from infra.operate import Operate
from infra.platform import Platform
from infra.records import Records
from infra.remediations import REMEDIATIONS
from infra.stack_sets import MemberStackSets

if TYPE_CHECKING:
    from aws_cdk import Environment
    from constructs import Construct

    from infra.config import Config
    from infra.operate import Operated


class Hub(Stack):
    """Functions, alarms, rules, ledger and topic."""

    def __init__(self, scope: Construct, construct_id: str, *, config: Config, env: Environment) -> None:
        super().__init__(scope, construct_id, env=env, description="Poolwarden: keeps IP addresses healthy")
        records = Records(self, "Records")
        notifications = Notifications(
            self,
            "Notifications",
            emails=config.notifications.email,
            contacts=config.contacts,
            minimum_severity=config.notifications.minimum_severity,
            slack=config.notifications.slack,
        )
        members = self._members(config)
        platform = Platform(
            asset=functions_asset(config),
            records=records,
            alarm_topic=notifications.alarm_topic,
            tag_prefix=config.tag_prefix,
            change_calendar=config.change_calendar,
            members=members,
        )
        Notify(self, "Notify", platform=platform, notifications=notifications)
        outputs = {
            "LedgerTableName": records.ledger.table_name,
            "TopicArn": notifications.topic.topic_arn,
        }
        if members:
            outputs["SpokeExternalId"] = members.external_id
            self._deploy_members(config, members)
        remediations: list[Operated] = []
        for name, settings in config.remediations.items():
            mode = config.mode_of(settings, account=self._known_account())
            remediation = REMEDIATIONS[name].construct(
                self, construct_id_of(name), settings=settings, mode=mode, platform=platform
            )
            remediations.append(remediation)
            outputs[function_output_of(name)] = remediation.function.function_name
        operate = Operate(self, "Operate", platform=platform, remediations=remediations)
        outputs[function_output_of("operate")] = operate.function.function_name
        rules = config.refill_pools.pools if config.refill_pools else ()
        dashboard = Dashboard(self, "Dashboard", low_water_percents=[rule.low_water_percent for rule in rules])
        outputs["DashboardName"] = dashboard.name
        for name, value in outputs.items():
            CfnOutput(self, name, value=value)

    def _known_account(self) -> str | None:
        """Give the hub's account, whose own mode its roles go by; None where synth does not know it.

        Without CDK_DEFAULT_ACCOUNT, as where no credentials are at hand, the roles go by the remediations' modes alone:
        then only the functions heed a lower one of the hub's account.
        """
        return None if Token.is_unresolved(self.account) else self.account

    def _deploy_members(self, config: Config, members: Members) -> None:
        """Deploy the stacks of member accounts from here, where the configuration says so."""
        settings = config.organization.stack_set if config.organization else None
        if settings is not None:
            stack_sets = MemberStackSets(
                self, "MemberStackSets", config=config, settings=settings, external_id=members.external_id
            )
            # EventBridge asks when a rule gets a target whether that bus lets it in.
            stack_sets.node.add_dependency(members)

    def _members(self, config: Config) -> Members | None:
        """What it takes to look after other accounts, or other Regions; None where this one is alone."""
        dns_accounts = config.release_eips.dns_accounts if config.release_eips else ()
        if not config.organization and not config.regions and not dns_accounts:
            return None
        return Members(self, "Members", organization=config.organization)
