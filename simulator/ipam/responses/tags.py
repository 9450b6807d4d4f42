"""CreateTags and DeleteTags on IPAM's resources, and the tags that nobody but AWS may set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.ipam.responses._base_response import IpamBaseResponse, refuse_reserved

if TYPE_CHECKING:
    from moto.core.responses import ActionResult


class IpamTags(IpamBaseResponse):
    """Comes before moto's TagResponse in EC2Response's bases."""

    def create_tags(self) -> ActionResult:
        """CreateTags."""
        refuse_reserved(self._key_values("Tags"))
        self.ec2_backend.ipam_resources_must_exist(self._get_param("Resources", []))
        return super().create_tags()

    def delete_tags(self) -> ActionResult:
        """DeleteTags."""
        refuse_reserved(self._key_values("Tags"))
        self.ec2_backend.ipam_resources_must_exist(self._get_param("Resources", []))
        return super().delete_tags()
