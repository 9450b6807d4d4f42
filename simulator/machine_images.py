"""Amazon's machine images: moto's hundreds for each account and Region take most of a new account's making."""

from __future__ import annotations

from typing import NoReturn

from moto.ec2.models import amis

KEPT = 10


def keep_few() -> None:
    """Let new accounts have some of Amazon's images only. Idempotent."""
    del amis.AMIS[KEPT:]
    amis.load_resource = _no_further


def _no_further(resource: str) -> NoReturn:
    """As for a Region of which moto knows no images."""
    raise FileNotFoundError(resource)
