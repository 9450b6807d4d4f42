"""How fast AWS is called: as its buckets allow, and slower where it says that they are empty."""

from __future__ import annotations

import time

import pytest

from lambdas.release_eips.pace import Pace


@pytest.fixture
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long each call waited, in a time that passes by waiting alone."""
    times: list[float] = []
    began = time.monotonic() + 1
    monkeypatch.setattr(time, "monotonic", lambda: began + sum(times))
    monkeypatch.setattr(time, "sleep", times.append)
    return times


def test_a_burst_is_free_and_then_calls_come_as_the_bucket_fills(waited: list[float]) -> None:
    bucket = Pace(burst=2, per_second=5)
    for _ in range(4):
        bucket.wait()
    assert waited == pytest.approx([0, 0, 0.2, 0.2])


def test_after_a_pause_nobody_has_a_token_for_so_long(waited: list[float]) -> None:
    bucket = Pace(burst=50, per_second=5)
    bucket.pause(1.0)
    for _ in range(2):
        bucket.wait()
    assert waited == pytest.approx([1.0, 0.2])


def test_a_pause_gives_no_tokens_to_who_has_waited_for_longer(waited: list[float]) -> None:
    bucket = Pace(burst=1, per_second=5)
    bucket.pause(3.0)
    bucket.pause(1.0)
    bucket.wait()
    assert waited == pytest.approx([3.0])
