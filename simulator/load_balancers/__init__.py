"""Load balancers whose nodes have network interfaces and addresses, for moto's ELBv2, in moto's own conventions."""

from __future__ import annotations

from simulator.load_balancers.installation import install

__all__ = ["install"]
