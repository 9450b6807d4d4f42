"""VPC IPAM for moto's EC2, in moto's own conventions: models, responses, and one call that installs them."""

from __future__ import annotations

from simulator.ipam.installation import install
from simulator.ipam.models.core import resource_tags

__all__ = ["install", "resource_tags"]
