"""What all IPAM resources share.

Identity, tags, the settling of states, and the way to them from any Region.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, ClassVar

from moto.ec2.models.core import TaggedEC2Resource
from moto.ec2.utils import random_id

from simulator.clock import CLOCK
from simulator.ipam.exceptions import IncorrectStateError
from simulator.ipam.settings import settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from simulator.ipam.models.allocations import IpamPoolAllocation
    from simulator.ipam.models.ipams import Ipam
    from simulator.ipam.models.pools import IpamPool
    from simulator.ipam.models.public_ipv4_pools import PublicIpv4Pool
    from simulator.ipam.models.scopes import IpamScope

_sequence = itertools.count(1)

SETTLED = frozenset({"create-complete", "modify-complete"})
"""The states in which a resource can be worked with."""


class IpamResource(TaggedEC2Resource):
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
        self.ec2_backend = ec2_backend
        self.id: str = random_id(prefix=self.id_prefix or self.kind, size=id_size)
        self.sequence = next(_sequence)
        self.visibility = Visibility()
        self.state = "create-complete"
        self.state_message: str | None = None

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


class Visibility:
    """Whether reads see a resource: all EC2 reads are eventually consistent, here by `IpamSettings.read_lag`."""

    def __init__(self) -> None:
        self._since = CLOCK.time()
        self._until: float | None = None
        self._wake()

    def end(self) -> None:
        """The resource is gone from now on."""
        self._until = CLOCK.time()
        self._wake()

    def is_given(self) -> bool:
        """Whether a read sees the resource now."""
        sampled_at = CLOCK.time() - settings().read_lag
        return self._since <= sampled_at and (self._until is None or sampled_at < self._until)

    def _wake(self) -> None:
        """Whoever waits until nothing is pending waits for this too."""
        if settings().read_lag:
            CLOCK.after(settings().read_lag, lambda: None, label="reads see the change")


class InState:
    """A resource as the answer to a change shows it.

    Still in progress, though the change is in force at once. `members` are others that the answer shows differently.
    """

    def __init__(self, resource: Any, state: str, **members: object) -> None:  # noqa: ANN401 - any resource
        self._resource = resource
        self.state = state
        vars(self).update(members)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the resource has
        return getattr(self._resource, name)


class EC2BackendParts:
    """What the IPAM's mixins use of moto's EC2Backend and of each other."""

    account_id: str
    region_name: str
    partition: str
    tags: dict[str, dict[str, str]]
    vpcs: dict[str, Any]
    public_ipv4_pools: dict[str, PublicIpv4Pool]
    ipam_scopes: dict[str, IpamScope]

    if TYPE_CHECKING:

        def get_ipam(self, ipam_id: str) -> Ipam: ...  # noqa: D102
        def get_ipam_scope(self, ipam_scope_id: str) -> IpamScope: ...  # noqa: D102
        def get_ipam_pool(self, ipam_pool_id: str) -> IpamPool: ...  # noqa: D102
        def usable_ipam_pool(self, ipam_pool_id: str) -> IpamPool: ...  # noqa: D102
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
        def create_default_ipam_resource_discovery(self, ipam: Ipam) -> None: ...  # noqa: D102
        def delete_default_ipam_resource_discovery(self, ipam: Ipam) -> None: ...  # noqa: D102
        def remove_ipam_scope(self, scope: IpamScope) -> None: ...  # noqa: D102
        def remove_ipam_pool(self, pool: IpamPool) -> None: ...  # noqa: D102


def account_backends(account_id: str) -> Iterable[Any]:
    """The EC2 backends that this account has so far, one a Region. None is created."""
    from moto.ec2.models import ec2_backends  # noqa: PLC0415 - moto imports the mixins' modules when it is upstream

    return list(ec2_backends[account_id].values()) if account_id in ec2_backends.keys() else []  # noqa: SIM118 - its `in` creates


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
