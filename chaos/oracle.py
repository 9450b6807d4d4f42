"""The judge of an episode: promises 1 to 8 of README.md, by AWS's state, the log of calls and the ledger alone.

It knows nothing of how the functions work, and uses nothing of theirs.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from chaos.history import Final, History
from chaos.judge_extensions import Extensions
from chaos.judge_records import Records
from chaos.judge_refills import Refills
from chaos.judge_releases import Releases

if TYPE_CHECKING:
    from chaos.log import Log


def judge(log: Log, final: Final) -> tuple[list[str], Counter[int]]:
    """Give what breaks a promise, each naming its number, and how often each promise was put to the test."""
    history = History(log, final)
    broken: list[str] = []
    checked: Counter[int] = Counter()
    for examiner in (Releases(history), Refills(history), Extensions(history), Records(history)):
        for promise, what in examiner.examine():
            checked[promise] += 1
            if what:
                broken.append(f"promise {promise}: {what}")
    return list(dict.fromkeys(broken)), checked
