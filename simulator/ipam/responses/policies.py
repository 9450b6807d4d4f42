"""CreateIpamPolicy and its siblings."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult

from simulator.ipam.exceptions import MissingParameterError
from simulator.ipam.filters import filtered
from simulator.ipam.models.consistency import InState
from simulator.ipam.models.policies import DOCUMENT_FILTERS, RESOURCE_TYPES
from simulator.ipam.models.policy_enforcement import managed_by, policy_in_force
from simulator.ipam.responses._base_response import IpamBaseResponse


class IpamPolicies(IpamBaseResponse):
    """The operations on policies."""

    def create_ipam_policy(self) -> ActionResult:
        """CreateIpamPolicy."""
        self.error_on_dryrun()
        return self._once(self._create_ipam_policy)

    def describe_ipam_policies(self) -> ActionResult:
        """DescribeIpamPolicies."""
        self.error_on_dryrun()
        policies = self.ec2_backend.describe_ipam_policies(
            self._get_param("IpamPolicyIds", []), self._filters_from_querystring()
        )
        return self._page("IpamPolicies", policies)

    def delete_ipam_policy(self) -> ActionResult:
        """DeleteIpamPolicy."""
        self.error_on_dryrun()
        policy = self.ec2_backend.delete_ipam_policy(self._required("IpamPolicyId"))
        return ActionResult({"IpamPolicy": InState(policy, "delete-in-progress")})

    def modify_ipam_policy_allocation_rules(self) -> ActionResult:
        """ModifyIpamPolicyAllocationRules."""
        self.error_on_dryrun()
        policy_id, locale = self._required("IpamPolicyId"), self._required("Locale")
        resource_type = self._one_of("ResourceType", *RESOURCE_TYPES)
        if resource_type is None:
            raise MissingParameterError("resourceType")
        document = self.ec2_backend.modify_ipam_policy_allocation_rules(
            policy_id,
            locale=locale,
            resource_type=resource_type,
            pool_ids=[rule["SourceIpamPoolId"] for rule in self._get_param("AllocationRules", [])],
        )
        return ActionResult({"IpamPolicyDocument": document})

    def get_ipam_policy_allocation_rules(self) -> ActionResult:
        """GetIpamPolicyAllocationRules."""
        self.error_on_dryrun()
        filters = {name: list(values) for name, values in self._filters_from_querystring().items()}
        documents = filtered(
            self.ec2_backend.get_ipam_policy_documents(self._required("IpamPolicyId")), filters, DOCUMENT_FILTERS
        )
        locale, resource_type = self._get_param("Locale"), self._one_of("ResourceType", *RESOURCE_TYPES)
        asked_for = [
            document
            for document in documents
            if locale in (None, document.locale) and resource_type in (None, document.resource_type)
        ]
        return self._page("IpamPolicyDocuments", asked_for, key=lambda document: document.key)

    def enable_ipam_policy(self) -> ActionResult:
        """EnableIpamPolicy."""
        self.error_on_dryrun()
        policy = self.ec2_backend.enable_ipam_policy(
            self._required("IpamPolicyId"), self._get_param("OrganizationTargetId")
        )
        return ActionResult({"IpamPolicyId": policy.id})

    def disable_ipam_policy(self) -> ActionResult:
        """DisableIpamPolicy."""
        self.error_on_dryrun()
        self.ec2_backend.disable_ipam_policy(self._required("IpamPolicyId"), self._get_param("OrganizationTargetId"))
        return ActionResult({"Return": True})

    def get_enabled_ipam_policy(self) -> ActionResult:
        """GetEnabledIpamPolicy: that which the caller's account is under."""
        self.error_on_dryrun()
        policy = policy_in_force(self.current_account)
        if policy is None:
            return ActionResult({"IpamPolicyEnabled": False})
        return ActionResult({"IpamPolicyEnabled": True, "IpamPolicyId": policy.id, "ManagedBy": managed_by(policy)})

    def get_ipam_policy_organization_targets(self) -> ActionResult:
        """GetIpamPolicyOrganizationTargets."""
        self.error_on_dryrun()
        targets = self.ec2_backend.get_ipam_policy_organization_targets(self._required("IpamPolicyId"))
        return self._page(
            "OrganizationTargets",
            targets,
            key=lambda target: target,
            view=lambda target: {"OrganizationTargetId": target},
        )

    def _create_ipam_policy(self) -> dict[str, Any]:
        policy = self.ec2_backend.create_ipam_policy(self._required("IpamId"), tags=self._tags("ipam-policy"))
        return {"IpamPolicy": InState(policy, "create-in-progress")}
