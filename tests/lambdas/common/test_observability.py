"""What is logged is one line of ASCII, whatever is in it."""

from __future__ import annotations

import io
import json
import logging

import pytest

from lambdas.common.observability import logger


@pytest.mark.parametrize(
    "name",
    ["a\nb", "a\r\n{}", "\x1b[31m", "\x85", "\u2028", "\u202e", "\ud800", '"}{"level":"ERROR"', "é"],
    ids=ascii,
)
def test_no_name_leaves_its_entry(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    log, stream = logger("test-of-names"), io.StringIO()
    # What pytest keeps of logs goes between processes as UTF-8, which has no surrogates.
    monkeypatch.setattr(logging.getLogger("test-of-names"), "propagate", False)
    (handler,) = log.handlers
    before = handler.setStream(stream)  # type: ignore[attr-defined]
    try:
        log.warning("about %s", name, resource=name, seen={"names": {1: name}})
    finally:
        handler.setStream(before)  # type: ignore[attr-defined]

    written = stream.getvalue()
    assert written.isascii()
    (line,) = written.splitlines()
    entry = json.loads(line)
    assert (entry["message"], entry["resource"], entry["service"]) == (f"about {name}", name, "test-of-names")
