"""What holds between the keys of a section, in the words that all sections share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.config.problems import Place, Problem, shown

if TYPE_CHECKING:
    from infra.config.schema import Section


def combined(place: Place, text: str, *also_judged_from: Place) -> Problem:
    """Describe a problem that counts only where its own place, and the others named, are sound."""
    return Problem(place=place, text=text, judged_from=(place, *also_judged_from))


def lacking(section: Section, place: Place, wanted: str) -> Problem:
    """Describe a key that is missing or has nothing in it, although the section needs it."""
    state = "is empty" if place[-1] in section.model_fields_set else "is missing"
    return combined(place, f"{state}: {wanted}")


def out_of_order(section: Section, base: Place, *, less: str, more: str) -> Problem:
    """Describe two keys of which one must be less than the other, at the one that stands in the file."""

    def told(key: str) -> str:
        default = "" if key in section.model_fields_set else ", the default"
        return f"{key} ({shown(getattr(section, key))}{default})"

    here, there, relation = (less, more, "less") if less in section.model_fields_set else (more, less, "more")
    text = f"{shown(getattr(section, here))} must be {relation} than {told(there)}"
    return combined((*base, here), text, (*base, there))
