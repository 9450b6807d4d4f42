"""Where CloudTrail feeds events to EventBridge, and where nothing would wake the functions but their schedule.

EventBridge user guide, "AWS service events delivered via AWS CloudTrail": a trail that logs, in the Region of the call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cli.aws import Aws


def without_trail(aws: Aws, regions: Iterable[str]) -> list[str]:
    """Give those of these Regions in which no trail of the caller's account, or of its organisation, is logging."""
    return [region for region in regions if not _is_logged(aws.client("cloudtrail", region), region)]


def _is_logged(cloudtrail: Any, region: str) -> bool:  # noqa: ANN401 - a boto3 client
    trails = cloudtrail.describe_trails(includeShadowTrails=True)["trailList"]
    here = (each for each in trails if each.get("IsMultiRegionTrail") or each.get("HomeRegion") == region)
    return any(cloudtrail.get_trail_status(Name=each["TrailARN"])["IsLogging"] for each in here)
