"""What is said of decisions: a module for each remediation, all with the functions of `Texts`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from lambdas.notify.texts import align_albs, extend_vpcs, refill_pools, release_eips

if TYPE_CHECKING:
    from collections.abc import Mapping


class Texts(Protocol):
    """What only one remediation's module knows to say of its ledger items. Everything is one line of text.

    `ADVICE` gives, by reason code, what somebody can do about a decision that was not carried out or went wrong; the
    keys of our tags begin with its `{prefix}`.
    """

    @property
    def ADVICE(self) -> Mapping[str, str]: ...  # noqa: D102, N802 - a module's constant

    def what(self, item: Mapping[str, Any]) -> str:
        """Say in a few words what happened or did not: the subject, and the item's line in the digest."""

    def facts(self, item: Mapping[str, Any]) -> str:
        """Give what one needs to know besides, such as dates and money; empty where there is nothing."""

    def severity(self, item: Mapping[str, Any]) -> str | None:
        """Say how much it matters; None where that is as much as its outcome says."""

    def undo(self, item: Mapping[str, Any]) -> str:
        """Say how to take the change back, and what cannot be taken back; empty where nothing is changed."""

    def stop(self, item: Mapping[str, Any], prefix: str) -> str:
        """Say how to keep the change, or its like, from this resource."""

    def is_routine(self, item: Mapping[str, Any]) -> bool:
        """Say whether nobody wants a message for it alone."""

    def console(self, item: Mapping[str, Any]) -> str:
        """Give the page of the AWS console, from the home page on, such as `ec2/home?region=us-east-1#Addresses:`."""


_TEXTS: Mapping[str, Texts] = {
    "align_albs": align_albs,
    "extend_vpcs": extend_vpcs,
    "refill_pools": refill_pools,
    "release_eips": release_eips,
}

REMEDIATIONS = tuple(_TEXTS)


def of(item: Mapping[str, Any]) -> Texts:
    """Give the texts of the remediation that took a decision; KeyError where it is none of ours."""
    return _TEXTS[item["remediation"]]
