"""How the member accounts get their stacks by themselves: service-managed stack sets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aws_cdk import App, Aws, CfnStackSet
from constructs import Construct

from infra.events import Events
from infra.organization import forwarded, member_rights
from infra.spoke import Spoke

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import Stack

    from infra.config import Config
    from infra.config.schema import Organization, StackSet


class MemberStackSets(Construct):
    """The spoke once an account, the events stack once an account and Region.

    Two sets, because roles exist once an account and rules once a Region. Stack sets leave out the management account,
    which gets its stacks by hand.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, config: Config, settings: StackSet, external_id: str
    ) -> None:
        super().__init__(scope, construct_id)
        self._settings = settings
        self._organization = config.organization
        hub = {"HubAccount": Aws.ACCOUNT_ID}
        if rights := member_rights(config):
            self._stack_set(
                Spoke(App(), "PoolwardenSpoke", organization=config.organization, rights=rights),
                parameters={**hub, "ExternalId": external_id},
                regions=[Aws.REGION],
            )
        if patterns := forwarded(config):
            self._stack_set(
                Events(App(), "PoolwardenEvents", patterns=patterns),
                parameters={**hub, "HubRegion": Aws.REGION},
                regions=config.regions or [Aws.REGION],
            )

    def _stack_set(self, stack: Stack, *, parameters: Mapping[str, str], regions: Sequence[str]) -> None:
        """Have a stack, the only one of its app, in all the accounts."""
        targets = {"organizational_unit_ids": list(self._settings.targets), **_accounts(self._organization)}
        CfnStackSet(
            self,
            stack.stack_name,
            stack_set_name=stack.stack_name,
            description="Deployed by the hub of Poolwarden",
            permission_model="SERVICE_MANAGED",
            call_as=self._settings.call_as.upper(),
            auto_deployment=_auto_deployment(self._organization),
            capabilities=["CAPABILITY_NAMED_IAM"],
            template_body=_template(stack),
            parameters=[
                CfnStackSet.ParameterProperty(parameter_key=key, parameter_value=value)
                for key, value in parameters.items()
            ],
            # An account or Region that fails stops no other; so many at a time.
            operation_preferences=CfnStackSet.OperationPreferencesProperty(
                failure_tolerance_percentage=100, max_concurrent_percentage=25, region_concurrency_type="PARALLEL"
            ),
            stack_instances_group=[
                CfnStackSet.StackInstancesProperty(
                    deployment_targets=CfnStackSet.DeploymentTargetsProperty(**targets), regions=list(regions)
                )
            ],
            managed_execution={"Active": True},
        )


def _auto_deployment(organization: Organization | None) -> CfnStackSet.AutoDeploymentProperty:
    """Deploy into accounts that come into the units later where all are looked after, and into those alone.

    It knows units, no accounts: beside a list, whoever comes would get roles too.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-orgs-manage-auto-deployment.html
    """
    if organization and organization.accounts == "all":
        return CfnStackSet.AutoDeploymentProperty(enabled=True, retain_stacks_on_account_removal=False)
    return CfnStackSet.AutoDeploymentProperty(enabled=False)


def _accounts(organization: Organization | None) -> dict[str, Any]:
    """Narrow the units to the accounts that are looked after."""
    if organization is None:
        return {}
    if organization.accounts != "all":
        return {"account_filter_type": "INTERSECTION", "accounts": list(organization.accounts)}
    if organization.exclude_accounts:
        return {"account_filter_type": "DIFFERENCE", "accounts": list(organization.exclude_accounts)}
    return {}


def _template(stack: Stack) -> str:
    """Write a stack's template as stack sets take it: as text in the hub's template, at most 51,200 bytes."""
    app = stack.node.root
    assert isinstance(app, App)  # noqa: S101 - these stacks are made in apps of their own
    return json.dumps(app.synth().get_stack_artifact(stack.artifact_id).template, separators=(",", ":"))
