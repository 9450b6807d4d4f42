"""Scopes: each is the address space of one network, in which nothing may overlap."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.ipam.exceptions import (
    DependencyViolationError,
    InvalidIpamResourceIdNotFoundError,
    InvalidParameterCombinationError,
    InvalidParameterValueError,
    OperationNotPermittedError,
    ResourceLimitExceededError,
)
from simulator.ipam.models.consistency import Register
from simulator.ipam.models.core import EC2BackendParts, IpamResource, described
from simulator.ipam.settings import settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from simulator.ipam.models.ipams import Ipam
    from simulator.ipam.models.pools import IpamPool
    from simulator.ipam.space import Network


class IpamScope(IpamResource):
    """A scope with its pools."""

    kind = "ipam-scope"
    lagging = ("state", "description", "external_authority_configuration")
    filter_names = {  # noqa: RUF012 - read only
        "ipam-scope-id": "id",
        "ipam-scope-arn": "arn",
        "ipam-scope-type": "ipam_scope_type",
        "ipam-id": "ipam_id",
        "ipam-arn": "ipam_arn",
        "ipam-region": "ipam_region",
        "owner-id": "owner_id",
        "is-default": "is_default",
        "pool-count": "pool_count",
        "state": "state",
        "description": "description",
    }

    def __init__(
        self,
        ec2_backend: Any,  # noqa: ANN401 - moto is untyped
        ipam: Ipam,
        *,
        scope_type: str = "private",
        is_default: bool = False,
        description: str | None = None,
        external_authority: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(ec2_backend)
        self.ipam = ipam
        self.ipam_scope_type = scope_type
        self.is_default = is_default
        self.description = description
        self.external_authority_configuration = external_authority
        self.pools: dict[str, IpamPool] = {}

    @property
    def ipam_id(self) -> str:
        """The id of the scope's IPAM."""
        return self.ipam.id

    @property
    def ipam_arn(self) -> str:
        """The ARN of the scope's IPAM."""
        return self.ipam.arn

    @property
    def pool_count(self) -> int:
        """How many pools there are."""
        return len(self.pools)

    def top_level_networks(self) -> Iterator[Network]:
        """What is provisioned, or about to be, to the pools that have no source.

        A resource-planning pool repeats the CIDR of a VPC, so it does not count.
        """
        for pool in self.pools.values():
            if pool.source_pool is None and pool.source_resource is None:
                yield from (cidr.held_network for cidr in pool.held_cidrs())


class IpamScopesBackend(EC2BackendParts):
    """The scopes of the IPAM whose home is this Region."""

    def __init__(self) -> None:
        self.ipam_scopes: Register[IpamScope] = Register()

    def create_ipam_scope(
        self,
        ipam_id: str,
        *,
        description: str | None = None,
        external_authority: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> IpamScope:
        """A new private scope, usable at once; there is only one public scope."""
        ipam = self.get_ipam(ipam_id)
        limit = settings().scopes_per_ipam
        if ipam.scope_count >= limit:
            raise ResourceLimitExceededError("scopes in an IPAM", limit)
        scope = IpamScope(self, ipam, description=description, external_authority=external_authority)
        scope.add_tags(dict(tags or {}))
        ipam.scopes[scope.id] = self.ipam_scopes[scope.id] = scope
        return scope

    def get_ipam_scope(self, ipam_scope_id: str) -> IpamScope:
        """The scope of that id, asked in the IPAM's home Region."""
        if ipam_scope_id not in self.ipam_scopes:
            raise InvalidIpamResourceIdNotFoundError("ipam-scope", ipam_scope_id)
        return self.ipam_scopes[ipam_scope_id]

    def describe_ipam_scopes(
        self, ipam_scope_ids: Sequence[str], filters: Mapping[str, Sequence[str]]
    ) -> list[IpamScope]:
        """The scopes, or those of the given ids, that match the filters."""
        return described(IpamScope, self.ipam_scopes.seen(), ipam_scope_ids, filters)

    def modify_ipam_scope(
        self,
        ipam_scope_id: str,
        *,
        description: str | None = None,
        external_authority: Mapping[str, str] | None = None,
        remove_external_authority: bool = False,
    ) -> IpamScope:
        """Change what is given."""
        scope = self.get_ipam_scope(ipam_scope_id)
        if external_authority is not None and remove_external_authority:
            raise InvalidParameterCombinationError(
                "The request can contain only one of ExternalAuthorityConfiguration and "
                "RemoveExternalAuthorityConfiguration."
            )
        if external_authority is not None and scope.ipam_scope_type != "private":
            raise InvalidParameterValueError("Only a private scope can have an external authority.")
        scope.will_change()
        if external_authority is not None or remove_external_authority:
            scope.external_authority_configuration = external_authority
        if description is not None:
            scope.description = description
        scope.state = "modify-complete"
        return scope

    def delete_ipam_scope(self, ipam_scope_id: str) -> IpamScope:
        """Delete a scope without pools; the default scopes go only with their IPAM."""
        scope = self.get_ipam_scope(ipam_scope_id)
        if scope.is_default:
            raise OperationNotPermittedError(f"{scope.id} is a default scope and cannot be deleted.")
        if scope.pools:
            raise DependencyViolationError(scope.id, "There are one or more pools in the scope.")
        self.remove_ipam_scope(scope)
        return scope

    def remove_ipam_scope(self, scope: IpamScope) -> None:
        """Make a scope be gone."""
        scope.forget_tags()
        del scope.ipam.scopes[scope.id]
        self.ipam_scopes.remove(scope.id)
