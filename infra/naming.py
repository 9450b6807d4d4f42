"""How remediations are called where something is deployed of them."""

from __future__ import annotations


def construct_id_of(name: str) -> str:
    """Write a remediation's name as constructs, roles and outputs have it: `refill_pools` as RefillPools."""
    return "".join(word.capitalize() for word in name.split("_"))


def function_output_of(name: str) -> str:
    """Name the output of the hub that has the name of a function: `refill_pools` gives RefillPoolsFunction."""
    return f"{construct_id_of(name)}Function"
