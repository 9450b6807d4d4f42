"""Which parts of the configuration this version carries out.

All of it is checked, but what is not built is refused: accepted, it would promise what nobody does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.config.problems import Place, Problem, related, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from infra.config.schema import Config

BUILT = frozenset({"organization", "align_albs", "approve", "change_calendar", "refill_pools", "release_eips", "slack"})
"""Those of the features in `_uses` that this version carries out: whoever builds one adds its name here."""


def not_built(config: Config, built: AbstractSet[str], problems: Sequence[Problem]) -> Iterator[Problem]:
    """Refuse each feature that is used and not built, once, unless something else is wrong in its place."""
    refused: set[str] = set()
    for feature, problem in _uses(config, built):
        has_another = any(related(problem.place, other.place) for other in problems)
        if feature not in built | refused and not has_another:
            refused.add(feature)
            yield problem


def _uses(config: Config, built: AbstractSet[str]) -> Iterator[tuple[str, Problem]]:
    """Find where each feature is used, with what to say where it is not built."""
    for name in config.remediations:
        yield name, _refusal((name,), "remove it, or say enabled: false")
    if config.organization:
        yield "organization", _refusal(("organization",), "remove it")
    if config.change_calendar:
        yield "change_calendar", _refusal(("change_calendar",), "remove it")
    if config.notifications.slack:
        yield "slack", _refusal(("notifications", "slack"), "remove it, and use email")
    modes: dict[Place, str | None] = {("mode",): config.mode}
    modes |= {(name, "mode"): section.mode for name, section in config.remediations.items() if name in built}
    for place, mode in modes.items():
        if mode == "approve":
            yield "approve", _refusal(place, "write observe or enforce", what=f"{shown(mode)} ")


def _refusal(place: Place, instead: str, what: str = "") -> Problem:
    return Problem(place=place, text=f"{what}is not built yet in this version: {instead}")
