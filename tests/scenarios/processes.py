"""The processes of this machine and their sockets, as /proc tells of them."""

from __future__ import annotations

import os
import random
import re
import socket
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import signal
    from collections.abc import Sequence

_LISTENING = "0A"

_HANDED_OUT = Path("/proc/sys/net/ipv4/ip_local_port_range")
_LOWEST_PORT = 10_000


def processes() -> dict[int, tuple[int, str]]:
    """Every process that still runs: its parent and its command line."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            stat = (entry / "stat").read_text()
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
        state, parent = stat.rpartition(")")[2].split()[:2]
        if state != "Z":
            found[int(entry.name)] = (int(parent), command)
    return found


def family(pid: int) -> dict[int, str]:
    """The process and all that descend from it, by id."""
    everything = processes()
    members = {pid: everything[pid][1]} if pid in everything else {}
    grown = True
    while grown:
        children = {child: command for child, (parent, command) in everything.items() if parent in members}
        grown = not children.keys() <= members.keys()
        members |= children
    return members


def listeners() -> set[tuple[str, int]]:
    """Every TCP address that somebody listens on, as written in /proc/net."""
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == _LISTENING:
                address, _, port = fields[1].partition(":")
                found.add((address, int(port, 16)))
    return found


def sockets_of(pids: Sequence[int]) -> set[str]:
    """The inodes of the sockets that these processes have open."""
    inodes = set()
    for pid in pids:
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            try:
                target = os.readlink(descriptor)  # noqa: PTH115 - it is no path
            except OSError:
                continue
            if target.startswith("socket:["):
                inodes.add(target[8:-1])
    return inodes


def listening_sockets(pids: Sequence[int]) -> set[str]:
    """The addresses, as written in /proc/net, on which these processes listen."""
    inodes = sockets_of(pids)
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == _LISTENING and fields[9] in inodes:
                found.add(fields[1])
    return found


def heeds(pid: int, number: signal.Signals) -> bool:
    """Whether the process has a handler of its own for the signal."""
    status = Path(f"/proc/{pid}/status").read_text()
    caught = re.search(r"^SigCgt:\s*([0-9a-f]+)$", status, re.MULTILINE)
    return bool(caught and int(caught[1], 16) >> (number - 1) & 1)


def free_port() -> int:
    """A port that nobody has, below those that the system hands out: nobody else is given it before it is used."""
    candidates = range(_LOWEST_PORT, int(_HANDED_OUT.read_text().split()[0]) if _HANDED_OUT.exists() else 32768)
    for port in random.sample(candidates, min(100, len(candidates))):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise LookupError(f"no free port in {candidates}")
