"""Elastic IPs and the NAT gateways that hold them, for moto's EC2, in moto's own conventions."""

from __future__ import annotations

from simulator.elastic_ips.installation import install

__all__ = ["install"]
