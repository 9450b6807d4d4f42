"""What the functions of the hub share, in one value that each construct is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_sns as sns

    from infra.members_bus import Members
    from infra.records import Records


@dataclass(frozen=True, kw_only=True)
class Platform:
    """The asset with all code, where records are kept, where our own alarms go, and what restrains every change.

    `members` is what it takes to look after other accounts and Regions, None where this account and Region are alone.
    """

    asset: lambda_.AssetCode
    records: Records
    alarm_topic: sns.ITopic
    tag_prefix: str
    change_calendar: str | None
    members: Members | None
