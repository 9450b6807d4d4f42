"""What commands found, as tables and lines for people: at most 100 columns wide where no terminal says otherwise."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from lambdas.notify import texts
from lambdas.notify.message import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

WIDTH = 100
GOOD = frozenset({"done", "OK", "deployed", "OPEN", "enforce"})
BAD = frozenset({"failed", "blocked", "ALARM", "CLOSED", "MISSING", "observe", "switched-off", "change-freeze"})

IN_ORDER = ("done", "proposed", "failed", "blocked", "rejected", "observed", "skipped", "pending")
"""What somebody wants to see first of a plan."""
ID_WIDTH = 30
"""So wide is the id of an address or a pool."""
UNBOUNDED = 10_000
"""Columns, more than any text has."""


def console() -> Console:
    """Give the console that commands write to: it takes no brackets in names for styles, and no words for pictures."""
    return Console(width=None if sys.stdout.isatty() else WIDTH, highlight=False, markup=False, emoji=False)


def harmless(found: Any) -> Any:  # noqa: ANN401 - whatever a command found
    """Give what was found with every text in one line that cannot steer a terminal."""
    if isinstance(found, dict):
        return {one_line(str(key)): harmless(each) for key, each in found.items()}
    if isinstance(found, list | tuple):
        return [harmless(each) for each in found]
    return one_line(found) if isinstance(found, str) else found


def plan(out: Console, found: Mapping[str, Any]) -> None:
    """Show what would be done, and all that must be known beside it."""
    out.print(f"account {found['account']}, {found['region']}, {_minute(found['time'])}")
    for name, mode in found["modes"].items():
        out.print(Text(f"{name}: {_of_mode(mode)}"))
    if found["deployed"] is None:
        out.print("Whether it is deployed here could not be read: what follows knows nothing of earlier runs.")
    elif not found["deployed"]:
        out.print("Not deployed here: what follows knows only what AWS shows now, nothing of earlier runs.")
    if found["members"] is False:
        out.print("The organisation's other accounts are not looked at: name a role with --member-role to do so.")
    if found["forbidden_by"]:
        out.print(_styled(f"Nothing of this would be done at this moment: {found['forbidden_by']}.", "bold"))
    for name in found["modes"]:
        _planned(out, name, [each for each in found["decisions"] if each["remediation"] == name])
    for region in found["no_trail"]:
        out.print(
            f"no-trail: no CloudTrail trail logs in {region}: events there wake nothing, the schedule sees all later."
        )
    _lacking(out, found)


def decisions(out: Console, items: Sequence[Mapping[str, Any]]) -> None:
    """Show ledger items, a row for each."""
    if not items:
        out.print("nothing is recorded")
        return
    table = _table("last seen (UTC)", "id", "what", "outcome")
    for item in items:
        outcome = Text.assemble(_styled(item["outcome"]), f"\n{item['reason']}")
        table.add_row(_minute(item["last_seen"]), item["decision_id"], _what(item), outcome)
    _show(out, table)


def story(out: Console, told: Mapping[str, Any]) -> None:
    """Show all that there is to tell of one decision, in the order in which it happened."""
    records = told["records"]
    first = records[0]
    about = first["detail"].get("resource", {}).get("name")
    named = f" ({about})" if about else ""
    out.print(_styled(f"{told['decision_id']}: {first['remediation']}, {first['action']}", "bold"))
    out.print(Text(f"{first['resource_id']}{named}, account {first['account']}, {first['region']}"))
    steps = [_step_of(record) for record in records]
    steps += [(each["time"], f"told: {each['outcome']} ({each['reason']})", "") for each in told["notified"]]
    steps += [(each["time"], f"{each['function']} logged: {each['message']}", "") for each in told["log"]]
    table = _table("time (UTC)", "what happened", "why")
    for time, what, why in sorted(steps, key=lambda step: step[0]):
        table.add_row(_second(time), what, Text(why))
    _show(out, table)
    if proposal := told["proposal"]:
        by = "".join(f", {name} {value}" for name, value in proposal["by"].items())
        out.print(Text(f"proposal: {proposal['answer']}{by}, valid until {_minute(proposal['until'])} UTC"))
    for name, what in (("undo_of", "it undid"), ("undone_by", "it was undone by")):
        if told[name]:
            out.print(f"{what}: decision {told[name]}")
    _map(out, records[-1]["detail"])


def status(out: Console, found: Mapping[str, Any]) -> None:
    """Show how the deployed hub is."""
    stack = found["stack"]
    out.print(
        Text(
            f"{stack['name']}: {stack['status']}, deployed {_minute(stack['updated'])} UTC, "
            f"account {stack['account']}, {stack['region']}"
        )
    )
    if found["configuration"] == "differs":
        out.print(_styled("The configuration here is not the one that is deployed: `make deploy` deploys it.", "bold"))
    out.print(_switch(found["switch"]))
    if found["calendar"]:
        state = found["calendar"]["state"]
        out.print(Text.assemble(f"change calendar {found['calendar']['name']}: ", _styled(state or "unknown")))
    _listed(out, "Functions, over the last day", found["functions"], ("name", "mode", "last_run", "runs", "errors"))
    raised = [each for each in found["alarms"] if each["state"] == "ALARM"]
    _listed(out, f"Alarms: {len(raised)} of {len(found['alarms'])} raised", raised, ("since", "what"))
    waiting = [each for each in found["dead_letters"] if each["messages"]]
    _listed(
        out, f"Dead letters: in {len(waiting)} of {len(found['dead_letters'])} queues", waiting, ("queue", "messages")
    )
    _proposals(out, found["proposals"])
    title = f"Subscriptions that nobody confirmed: {len(found['unconfirmed'])}"
    _listed(out, title, found["unconfirmed"], ("endpoint", "protocol", "topic"))
    _lacking(out, found)


def report(out: Console, written: Mapping[str, Any]) -> None:
    """Say where the report is, and what it lacks."""
    out.print(Text(f"{written['file']}: {written['decisions']} decisions", overflow="fold"))
    for each in written["missing"]:
        out.print(_styled(f"left out: {each}", "bold red"))


def answer(out: Console, said: Mapping[str, Any]) -> None:
    """Show what became of what a person asked for."""
    reason = f" ({said['reason']})" if said["reason"] else ""
    out.print(Text.assemble(f"{said['action']} {said['decision_id']}: ", _styled(said["outcome"]), reason))
    if said["message"]:
        out.print(Text(str(said["message"])))


def _planned(out: Console, name: str, items: Sequence[Mapping[str, Any]]) -> None:
    if not items:
        out.print(f"{name}: nothing is to be done")
        return
    done = sum(item["outcome"] == "done" for item in items)
    table = _table("id", "what", "reason", "why", title=f"{name}: {done} to be done, {len(items) - done} not")
    for item in sorted(items, key=lambda item: IN_ORDER.index(item["outcome"])):
        would = {**item, "outcome": "observed"} if item["outcome"] == "done" else item
        table.add_row(item["decision_id"], _what(would), item["reason"], Text(str(item["detail"].get("why", ""))))
    _show(out, table)


def _proposals(out: Console, items: Sequence[Mapping[str, Any]]) -> None:
    rows = [{**item, "id": item["decision_id"], "what": _what(item), "expires": item["until"]} for item in items]
    _listed(out, f"Proposals that wait for an answer: {len(rows)}", rows, ("id", "what", "reason", "expires"))


def _listed(out: Console, title: str, rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Show rows under a title; the title alone where there are none."""
    if not rows:
        out.print(title)
        return
    table = _table(*(column.replace("_", " ") for column in columns), title=title)
    for row in rows:
        table.add_row(*(_cell(column, row[column]) for column in columns))
    _show(out, table)


def _cell(column: str, value: object) -> Text:
    if value is None:
        return Text("-")
    return Text(_minute(str(value))) if column in {"since", "last_run", "expires"} else _styled(str(value))


def _lacking(out: Console, found: Mapping[str, Any]) -> None:
    """Show what could not be found out, and which permissions are missing."""
    if found["missing_permissions"]:
        table = _table("permission", "Region", title="These credentials lack")
        for each in found["missing_permissions"]:
            table.add_row(each["permission"], each["region"])
        _show(out, table)
    for each in found["errors"]:
        out.print(_styled(f"{each['what']} could not be read: {each['error']}", "bold red"))


def _step_of(record: Mapping[str, Any]) -> tuple[str, str, str]:
    times = f", seen {record['count']} times until {_second(record['last_seen'])}" if record["count"] > 1 else ""
    detail = record["detail"]
    who = f", by {detail['actor']}" if detail.get("actor", "poolwarden") != "poolwarden" else ""
    return record["time"], f"{record['outcome']} ({record['reason']}){who}{times}", str(detail.get("why", ""))


def _map(out: Console, detail: Mapping[str, Any]) -> None:
    """Show what is known of a decision besides, a line for each leaf."""
    table = _table("detail", "value")
    for name, value in _leaves(detail):
        if name != "why":
            table.add_row(name, Text(value, overflow="fold"))
    _show(out, table)


def _leaves(value: Mapping[str, Any], above: str = "") -> Iterable[tuple[str, str]]:
    for name, each in value.items():
        if isinstance(each, dict):
            yield from _leaves(each, f"{above}{name}.")
        else:
            yield f"{above}{name}", ", ".join(map(str, each)) if isinstance(each, list) else str(each)


def _switch(value: str | None) -> Text:
    if value == "deployed":
        return Text("kill switch: off, the deployed modes count")
    return _styled(f"kill switch: ON ({value or 'no such parameter'}), nothing is changed but by undo", "bold red")


def _of_mode(mode: str) -> str:
    return {
        "observe": "mode observe: it would only tell; shown is what `enforce` would do",
        "approve": "mode approve: each change would be proposed first; shown is what `enforce` would do",
        "enforce": "mode enforce",
    }[mode]


def _what(item: Mapping[str, Any]) -> Text:
    return Text(texts.of(item).what(item), overflow="fold")


def _styled(text: str, style: str | None = None) -> Text:
    """Colour what is good or bad; the words say it too."""
    return Text(text, style=style or ("green" if text in GOOD else "red" if text in BAD else ""))


def _table(*columns: str, title: str | None = None) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for column in columns:
        fixed = column in {"id", "outcome", "reason"} or column.endswith("(UTC)")
        table.add_column(column, no_wrap=fixed, min_width=ID_WIDTH if column == "what" else None, overflow="fold")
    return table


def _show(out: Console, table: Table) -> None:
    """Print a table. Where it must be narrowed, a column with a least width gets just that.

    Rich narrows such a column too far and widens it afterwards: the table is then wider than the console, and cut.
    """
    if Measurement.get(out, out.options.update(width=UNBOUNDED), table).maximum > out.width:
        for column in table.columns:
            column.width = column.width or column.min_width
    out.print(table)


def _minute(moment: str) -> str:
    return moment[:16].replace("T", " ")


def _second(moment: str) -> str:
    return moment[:19].replace("T", " ")
