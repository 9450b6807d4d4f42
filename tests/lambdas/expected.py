"""What is expected in full, word for word, in a file beside the test: a list of names with what each case gives.

To change it on purpose: `POOLWARDEN_EXPECT=write pytest …`, and read the difference before it is committed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


def assert_as_in(path: Path, found: Mapping[str, object]) -> None:
    """Compare each case with what the file says of it, and the cases with those of the file."""
    plain = json.loads(json.dumps(_plain(found)))
    if os.environ.get("POOLWARDEN_EXPECT") == "write":
        path.write_text(json.dumps(plain, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    expected = json.loads(path.read_text(encoding="utf-8"))
    for name, value in plain.items():
        assert value == expected.get(name), name
    assert plain.keys() == expected.keys()


def _plain(value: object) -> Any:
    """Spell a value so that what differs is written differently, which `str` alone would not do for True and "True"."""
    if value is None or type(value) in {bool, int, float}:
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple | AbstractSet):
        return [_plain(each) for each in (sorted(value) if isinstance(value, AbstractSet) else value)]
    members = {each.name: getattr(value, each.name) for each in fields(value)} if is_dataclass(value) else None
    return f"{type(value).__name__} {value}" if members is None else _plain(members)
