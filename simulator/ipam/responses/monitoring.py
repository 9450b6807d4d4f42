"""Telling IPAM that something changed, so that it looks again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.ipam.responses._base_response import IpamBaseResponse

if TYPE_CHECKING:
    from moto.core.common_types import TYPE_RESPONSE

READS = ("Describe", "Get", "List", "Search")
"""How the names of operations begin that change nothing."""

FIRST_ERROR_STATUS = 400


class IpamMonitoring(IpamBaseResponse):
    """Comes before everything of moto's in EC2Response's bases."""

    def call_action(self) -> TYPE_RESPONSE:
        """Carry out the request; a change of anything but IPAM's own resources makes IPAM look again."""
        answer = super().call_action()
        action = self._get_action()
        if int(answer[0]) < FIRST_ERROR_STATUS and not action.startswith(READS) and "Ipam" not in action:
            self.ec2_backend.ipam_resources_changed()
        return answer
