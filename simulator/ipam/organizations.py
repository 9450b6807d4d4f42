"""What IPAM asks of AWS Organizations: who belongs together, under which units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Organization(Protocol):
    """An organisation as it is now."""

    @property
    def id(self) -> str:
        """`o-...`."""

    @property
    def management_account(self) -> str:
        """The account that the organisation belongs to."""

    @property
    def accounts(self) -> Sequence[str]:
        """The active accounts, the management account among them."""

    def line_of(self, account: str) -> Sequence[str]:
        """The unit that an account is in, then those around it from the inside out, the root last."""


class _Directory:
    organization_of: Callable[[str], Organization | None] = staticmethod(lambda _account: None)


def use_directory(organization_of: Callable[[str], Organization | None]) -> None:
    """Ask this function for the organisation of an account. Before the first call nobody belongs to any."""
    _Directory.organization_of = staticmethod(organization_of)


def organization_of(account: str) -> Organization | None:
    """The organisation that the account belongs to."""
    return _Directory.organization_of(account)


def entities_of(account: str) -> list[str]:
    """What an account is, or belongs to: its own id, its units from the inside out, the root, the organisation."""
    organization = organization_of(account)
    return [account] if organization is None else [account, *organization.line_of(account), organization.id]


def entity_path(account: str) -> str:
    """Where an account is, as AWS writes it: `o-a1b2c3d4e5/r-f6g7/ou-ghi0-awsccccc/`; "" outside of organisations.

    IAM user guide, "Understand the AWS Organizations entity path".
    """
    return "".join(f"{entity}/" for entity in reversed(entities_of(account)[1:]))
