"""What the demo prints: alarms, decisions, pools before and after, promises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.demo.observation import Pool
    from simulator.demo.promises import Verdict


def alarms(transitions: Sequence[dict[str, Any]]) -> Table:
    """Each contributor that changed its state."""
    table = Table("alarm", "pool", "from", "to", title="Alarms", title_justify="left")
    for each in transitions:
        if each["contributor"]:
            table.add_row(each["name"], each["contributor"].get("PoolID", ""), each["from"], each["to"])
    return table


def decisions(items: Sequence[dict[str, Any]]) -> Table:
    """The ledger, oldest first."""
    table = Table("time", "resource", "action", "outcome", "reason", title="Decisions", title_justify="left")
    for item in items:
        table.add_row(str(item["time"])[:16], item["resource_id"], item["action"], item["outcome"], item["reason"])
    return table


def pools(before: Sequence[Pool], after: Sequence[Pool]) -> Table:
    """Each pool before and after the incident."""
    table = Table("pool", "CIDRs before", "CIDRs after", "available", title="Pools", title_justify="left")
    for old, new in zip(before, after, strict=True):
        table.add_row(
            new.name,
            _cidrs(old),
            _cidrs(new),
            f"{old.available_percent:.0f} % → {new.available_percent:.0f} %",
        )
    return table


def promises(verdicts: Sequence[Verdict]) -> Table:
    """Whether each promise held."""
    table = Table("", "promise", "held", "evidence", title="Promises", title_justify="left")
    for verdict in verdicts:
        table.add_row(str(verdict.promise), verdict.text, "yes" if verdict.held else "NO", verdict.evidence)
    return table


def _cidrs(pool: Pool) -> str:
    return "\n".join(str(cidr) for cidr in pool.cidrs)
