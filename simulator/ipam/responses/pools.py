"""CreateIpamPool and its siblings."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult

from simulator.ipam.exceptions import MissingParameterError
from simulator.ipam.models.allocation_rules import AllocationRules
from simulator.ipam.models.consistency import InState
from simulator.ipam.models.pool_settings import PoolSettings
from simulator.ipam.models.source_resources import SourceResource
from simulator.ipam.responses._base_response import IpamBaseResponse


class IpamPools(IpamBaseResponse):
    """The operations on pools."""

    def create_ipam_pool(self) -> ActionResult:
        """CreateIpamPool."""
        self.error_on_dryrun()
        return self._once(self._create_ipam_pool)

    def describe_ipam_pools(self) -> ActionResult:
        """DescribeIpamPools."""
        self.error_on_dryrun()
        pools = self.ec2_backend.describe_ipam_pools(
            self._get_param("IpamPoolIds", []), self._filters_from_querystring()
        )
        return self._page("IpamPools", pools)

    def modify_ipam_pool(self) -> ActionResult:
        """ModifyIpamPool; AWS's example of it answers with `modify-complete`."""
        self.error_on_dryrun()
        pool = self.ec2_backend.modify_ipam_pool(
            self._required("IpamPoolId"),
            description=self._get_param("Description"),
            auto_import=self._get_bool_param("AutoImport"),
            min_netmask_length=self._get_int_param("AllocationMinNetmaskLength"),
            max_netmask_length=self._get_int_param("AllocationMaxNetmaskLength"),
            default_netmask_length=self._get_int_param("AllocationDefaultNetmaskLength"),
            clear_default_netmask_length=self._get_bool_param("ClearAllocationDefaultNetmaskLength", if_none=False),
            add_resource_tags=self._key_values("AddAllocationResourceTags"),
            remove_resource_tags=self._key_values("RemoveAllocationResourceTags"),
        )
        return ActionResult({"IpamPool": pool})

    def delete_ipam_pool(self) -> ActionResult:
        """DeleteIpamPool."""
        self.error_on_dryrun()
        pool = self.ec2_backend.delete_ipam_pool(
            self._required("IpamPoolId"), cascade=self._get_bool_param("Cascade", if_none=False)
        )
        return ActionResult({"IpamPool": pool})

    def _create_ipam_pool(self) -> dict[str, Any]:
        address_family = self._one_of("AddressFamily", "ipv4", "ipv6")
        if address_family is None:
            raise MissingParameterError("addressFamily")
        pool = self.ec2_backend.create_ipam_pool(
            ipam_scope_id=self._required("IpamScopeId"),
            source_ipam_pool_id=self._get_param("SourceIpamPoolId"),
            description=self._get_param("Description"),
            auto_import=self._get_bool_param("AutoImport", if_none=False),
            wanted=PoolSettings(
                address_family=address_family,
                locale=self._get_param("Locale"),
                publicly_advertisable=self._get_bool_param("PubliclyAdvertisable"),
                aws_service=self._one_of("AwsService", "ec2", "global-services"),
                public_ip_source=self._one_of("PublicIpSource", "amazon", "byoip"),
                source_resource=self._source_resource(),
            ),
            rules=AllocationRules(
                min_netmask_length=self._get_int_param("AllocationMinNetmaskLength"),
                max_netmask_length=self._get_int_param("AllocationMaxNetmaskLength"),
                default_netmask_length=self._get_int_param("AllocationDefaultNetmaskLength"),
                resource_tags=self._key_values("AllocationResourceTags"),
            ),
            tags=self._tags("ipam-pool"),
        )
        return {"IpamPool": InState(pool, pool.state)}

    def _source_resource(self) -> SourceResource | None:
        if self._get_param("SourceResource") is None:
            return None
        self._one_of("SourceResource.ResourceType", "vpc")
        return SourceResource(
            resource_id=self._required("SourceResource.ResourceId"),
            resource_region=self._required("SourceResource.ResourceRegion"),
            resource_owner=self._get_param("SourceResource.ResourceOwner", self.current_account),
        )
