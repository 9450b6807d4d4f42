"""The remediations that there are: what of each the hub deploys, and what it needs in other accounts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from infra import align_albs, extend_vpcs, refill_pools, release_eips

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from infra.members import MemberWork, Pattern
    from infra.operate import Operated


@dataclass(frozen=True, kw_only=True)
class Deployable:
    """What is deployed of a remediation.

    `construct` is made in the hub, with the `settings`, the `mode` and the `platform`. `api_calls` are what wakes it,
    which other accounts and Regions forward. `in_members` gives its work in a member account for a tag prefix; None
    where all it changes is the hub's.
    """

    construct: Callable[..., Operated]
    api_calls: Mapping[str, Pattern]
    in_members: Callable[[str], MemberWork] | None


REMEDIATIONS: Mapping[str, Deployable] = {
    "refill_pools": Deployable(
        construct=refill_pools.RefillPoolsRemediation, api_calls=refill_pools.API_CALLS, in_members=None
    ),
    "release_eips": Deployable(
        construct=release_eips.ReleaseEipsRemediation,
        api_calls=release_eips.API_CALLS,
        in_members=release_eips.in_members,
    ),
    "align_albs": Deployable(
        construct=align_albs.AlignAlbsRemediation, api_calls=align_albs.API_CALLS, in_members=align_albs.in_members
    ),
    "extend_vpcs": Deployable(
        construct=extend_vpcs.ExtendVpcsRemediation, api_calls={}, in_members=extend_vpcs.in_members
    ),
}
"""By their names in the configuration."""
