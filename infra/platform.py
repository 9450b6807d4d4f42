"""What the functions of the hub share, in one value that each construct is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aws_cdk import aws_events as events
    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_sns as sns

    from infra.records import Records


@dataclass(frozen=True, kw_only=True)
class Platform:
    """The asset with all code, where records are kept, where our own alarms go, and what restrains every change.

    `members_bus` is where the events of other accounts and Regions arrive, `external_id` what their roles expect to
    hear; both are None where this account and Region are alone.
    """

    asset: lambda_.AssetCode
    records: Records
    alarm_topic: sns.ITopic
    tag_prefix: str
    change_calendar: str | None
    members_bus: events.IEventBus | None
    external_id: str | None
