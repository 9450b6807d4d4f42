"""What all IPAM resources share.

Identity, tags, the settling of states, and the way to them from any Region.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, ClassVar

from moto.ec2.models.core import TaggedEC2Resource
from moto.ec2.utils import random_id

from simulator.clock import CLOCK
from simulator.ipam.exceptions import IncorrectStateError, InvalidIpamResourceIdNotFoundError
from simulator.ipam.filters import filtered
from simulator.ipam.models.consistency import Observed
from simulator.ipam.models.sharing import Sharing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from simulator.ipam.models.allocations import IpamPoolAllocation
    from simulator.ipam.models.byoip_cidrs import ByoipCidr
    from simulator.ipam.models.consistency import Register
    from simulator.ipam.models.ipams import Ipam
    from simulator.ipam.models.policies import IpamPolicy
    from simulator.ipam.models.pools import IpamPool
    from simulator.ipam.models.public_ipv4_pools import PublicIpv4Pool
    from simulator.ipam.models.resource_discoveries import IpamResourceDiscovery
    from simulator.ipam.models.resource_discovery_associations import IpamResourceDiscoveryAssociation
    from simulator.ipam.models.scopes import IpamScope

_sequence = itertools.count(1)

SETTLED = frozenset({"create-complete", "modify-complete"})
"""The states in which a resource can be worked with."""


class IpamResource(Observed, TaggedEC2Resource):
    """A resource of the account's IPAM, living in the backend of the IPAM's home Region.

    moto's serializer finds `id` and `arn` for `IpamPoolId` and `IpamPoolArn` of an `IpamPool`, and so on.
    """

    kind: ClassVar[str]
    """AWS's name of the resource type."""

    id_prefix: ClassVar[str | None] = None
    """What its ids begin with, where that is not the kind."""

    filter_names: ClassVar[Mapping[str, str]] = {}
    """The filters of its Describe call, each with the attribute that it compares."""

    def __init__(self, ec2_backend: Any, *, id_size: int = 17) -> None:  # noqa: ANN401 - moto is untyped
        super().__init__(state="create-complete")
        self.ec2_backend = ec2_backend
        self.id: str = random_id(prefix=self.id_prefix or self.kind, size=id_size)
        self.sequence = next(_sequence)
        self.state_message: str | None = None
        self.sharing = Sharing()

    @property
    def owner_id(self) -> str:
        """The account that owns the IPAM."""
        return str(self.ec2_backend.account_id)

    @property
    def ipam_region(self) -> str:
        """The IPAM's home Region."""
        return str(self.ec2_backend.region_name)

    @property
    def arn(self) -> str:
        """The ARN; IPAM's have no Region in them."""
        return f"arn:{self.ec2_backend.partition}:ec2::{self.owner_id}:{self.kind}/{self.id}"

    @property
    def tag_map(self) -> dict[str, str]:
        """The tags by key."""
        return dict(self.ec2_backend.tags.get(self.id, {}))

    @property
    def tags(self) -> list[dict[str, str]]:
        """The tags as answers list them."""
        return [{"Key": key, "Value": value} for key, value in self.tag_map.items()]

    def get_tags(self) -> list[dict[str, str]]:
        """The tags as moto lists them, without its search through those of every other resource."""
        return [
            {"resource_id": self.id, "resource_type": self.kind, "key": key, "value": value}
            for key, value in self.tag_map.items()
        ]

    def is_usable_by(self, account: str) -> bool:
        """Whether the account owns the resource, or it is shared with it."""
        return account == self.owner_id or self.sharing.includes(account)

    def forget_tags(self) -> None:
        """Drop the tags, when the resource is gone."""
        self.ec2_backend.tags.pop(self.id, None)

    def must_be_settled(self) -> None:
        """IncorrectState unless the resource can be worked with."""
        if self.state not in SETTLED:
            raise IncorrectStateError(self.id, self.state)

    def settle_later(self, state: str, *, after: float) -> None:
        """Be in `state` after so many seconds, unless something else happened to the state by then."""
        now = self.state

        def settle() -> None:
            if self.state == now:
                self.state = state

        CLOCK.after(after, settle, label=f"{self.id} {state}")


class EC2BackendParts:
    """What the IPAM's mixins use of moto's EC2Backend and of each other."""

    account_id: str
    region_name: str
    partition: str
    tags: dict[str, dict[str, str]]
    vpcs: dict[str, Any]
    public_ipv4_pools: dict[str, PublicIpv4Pool]
    ipam_scopes: Register[IpamScope]

    if TYPE_CHECKING:

        def get_ipam(self, ipam_id: str) -> Ipam: ...  # noqa: D102
        def get_ipam_scope(self, ipam_scope_id: str) -> IpamScope: ...  # noqa: D102
        def get_ipam_pool(self, ipam_pool_id: str) -> IpamPool: ...  # noqa: D102
        def usable_ipam_pool(self, ipam_pool_id: str) -> IpamPool: ...  # noqa: D102
        def get_byoip_cidr(self, cidr: str) -> ByoipCidr: ...  # noqa: D102
        def find_ipam_pool_allocation(self, allocation_id: str) -> IpamPoolAllocation: ...  # noqa: D102
        def visible_ipam_pools(self) -> Iterator[IpamPool]: ...  # noqa: D102
        def allocate_for_resource(  # noqa: D102
            self,
            ipam_pool_id: str,
            *,
            resource_type: str,
            address_family: str,
            cidr: str | None,
            netmask_length: int | None,
            tags: Mapping[str, str],
            disallowed_cidrs: Sequence[str] = (),
        ) -> IpamPoolAllocation: ...
        def create_public_ipv4_pool(  # noqa: D102
            self,
            *,
            network_border_group: str | None = None,
            description: str = "",
            tags: Mapping[str, str] | None = None,
        ) -> PublicIpv4Pool: ...
        def get_ipam_resource_discovery(self, discovery_id: str) -> IpamResourceDiscovery: ...  # noqa: D102
        def create_default_ipam_resource_discovery(self, ipam: Ipam) -> IpamResourceDiscovery: ...  # noqa: D102
        def remove_ipam_resource_discovery(self, discovery: IpamResourceDiscovery) -> None: ...  # noqa: D102
        def associate_default_ipam_resource_discovery(self, ipam: Ipam) -> None: ...  # noqa: D102
        def associations_of_ipam(self, ipam: Ipam) -> list[IpamResourceDiscoveryAssociation]: ...  # noqa: D102
        def remove_ipam_resource_discovery_associations(self, ipam: Ipam) -> None: ...  # noqa: D102
        def policies_of_ipam(self, ipam: Ipam) -> list[IpamPolicy]: ...  # noqa: D102
        def remove_ipam_scope(self, scope: IpamScope) -> None: ...  # noqa: D102
        def remove_ipam_pool(self, pool: IpamPool) -> None: ...  # noqa: D102


def described(
    kind: type[IpamResource], seen: Iterable[Any], ids: Sequence[str], filters: Mapping[str, Sequence[str]]
) -> list[Any]:
    """The answer of a Describe call: what reads see, or those of the given ids, that match the filters."""
    known = {resource.id: resource for resource in seen}
    for resource_id in ids:
        if resource_id not in known:
            raise InvalidIpamResourceIdNotFoundError(kind.kind, resource_id)
    chosen = [known[resource_id] for resource_id in ids] or known.values()
    return filtered(chosen, filters, kind.filter_names)


def all_backends(region: str | None = None) -> Iterator[Any]:
    """The EC2 backends of all accounts so far, in one Region or in all. None is created."""
    from moto.ec2.models import ec2_backends  # noqa: PLC0415 - moto imports the mixins' modules when it is upstream

    return (backend for _, name, backend in list(ec2_backends.iter_backends()) if region in (None, name))


def account_backends(account_id: str) -> Iterable[Any]:
    """The EC2 backends that this account has so far, one a Region. None is created."""
    from moto.ec2.models import ec2_backends  # noqa: PLC0415 - moto imports the mixins' modules when it is upstream

    return list(ec2_backends[account_id].values()) if account_id in ec2_backends.keys() else []  # noqa: SIM118 - its `in` creates


def everywhere(collection: str, *, region: str | None = None) -> Iterator[Any]:
    """The resources in a backend attribute such as `ipam_pools`, of all accounts, in one Region or in all."""
    for backend in all_backends(region):
        yield from getattr(backend, collection).values()


def in_account(account_id: str, collection: str) -> Iterator[Any]:
    """The resources in a backend attribute such as `ipam_pools`, over the Regions of an account."""
    for backend in account_backends(account_id):
        yield from getattr(backend, collection).values()


def resource_tags(account: str, region: str, resource_id: str) -> dict[str, str]:
    """The tags of a resource as a call in `region` sees them, for conditions on `aws:ResourceTag/...`.

    IPAM's resources are tagged in the IPAM's home Region, wherever the call is made. {} if there are none.
    """
    backends = sorted(account_backends(account), key=lambda backend: backend.region_name != region)
    return next((dict(backend.tags[resource_id]) for backend in backends if resource_id in backend.tags), {})
