"""From a document to a configuration, or to everything that is wrong with it."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, get_args

from pydantic import ValidationError

from infra.config.consistency import inconsistencies
from infra.config.problems import ConfigError, Place, Problem, related, shown
from infra.config.schema import Config, Section

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

LEFT_OUT = object()
"""Stands for a value that is taken out of its mapping or list."""


def validate(document: object) -> Config:
    """Judge a document by the schema alone, built or not; ConfigError names every problem."""
    config, problems = examine(document)
    if problems:
        raise error_of(document, problems)
    return config


def error_of(document: object, problems: Sequence[Problem]) -> ConfigError:
    """Tell problems in the order of the document."""
    return ConfigError([str(problem) for problem in sorted(problems, key=lambda it: _position(document, it.place))])


def examine(document: object, known: Sequence[Problem] = ()) -> tuple[Config, list[Problem]]:
    """Give a configuration, as far as the document is sound, and every problem.

    Each value is judged by itself first. What is wrong is then taken out, so that defaults stand in and the
    rest can be judged together. A judgement that rests on something wrong is not told: it may be no more than
    a consequence. `known` are problems that reading the document showed already.
    """
    problems = list(known)
    repairs: dict[Place, object] = {}
    try:
        config = Config.model_validate(document)
    except ValidationError as failure:
        for error in failure.errors(include_url=False):
            problems.append(_problem(document, error))
            repairs |= _repairs(document, error)
        config = Config.model_validate(_repaired(document, repairs))
    unsound = [*repairs, *(problem.place for problem in known)]
    problems += [
        problem
        for problem in inconsistencies(config)
        if not any(related(basis, place) for basis in problem.judged_from for place in unsound)
    ]
    return config, problems


def _problem(document: object, error: ErrorDetails) -> Problem:
    """Say in our words what pydantic found; it is asked for the kind of error only, never for its phrase."""
    place = _place(document, error)
    match error["type"]:
        case "value_error":
            complaint = str(error["ctx"]["error"])
        case "tuple_type":
            complaint = "is not a list: write [a, b], or one item a line after a dash"
        case "dict_type":
            complaint = "is not a mapping: write one key: value a line below it"
        case "model_type":
            complaint = f"is not a mapping: its keys are {', '.join(_known_keys(place))}"
        case "extra_forbidden":
            return Problem(place=place, text=_unknown(place))
        case _:
            complaint = "is not allowed here"
    return Problem(place=place, text=f"{shown(error['input'])} {complaint}")


def _unknown(place: Place) -> str:
    if meant := _meant(place):
        return f"is no key that is known here: did you mean {meant}?"
    return f"is no key that is known here: known are {', '.join(_known_keys(place[:-1]))}"


def _meant(place: Place) -> str | None:
    """Guess which key an unknown one was meant to be."""
    nearest = difflib.get_close_matches(str(place[-1]), _known_keys(place[:-1]), n=1)
    return nearest[0] if nearest else None


def _known_keys(place: Place) -> list[str]:
    """List the keys of the section at a place."""
    section: type[Section] = Config
    for key in place:
        if isinstance(key, str):
            section = _section_in(section.model_fields[key].annotation) or section
    return list(section.model_fields)


def _section_in(annotation: object) -> type[Section] | None:
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return annotation
    return next(filter(None, map(_section_in, get_args(annotation))), None)


def _place(document: object, error: ErrorDetails) -> Place:
    """Find the place of an error, without what pydantic adds for the members of unions and for keys."""
    place: Place = ()
    node: Any = document
    for key in error["loc"]:
        if key in _keys(node):
            place, node = (*place, key), node[key]
    return place


def _keys(node: object) -> Sequence[object]:
    """List the keys of a mapping, the indices of a list; nothing else has members."""
    if isinstance(node, Mapping):
        return list(node)
    return range(len(node)) if isinstance(node, list) else ()


def _repairs(document: object, error: ErrorDetails) -> dict[Place, object]:
    """Tell what takes the place of something wrong, so that the rest is a configuration."""
    place = _place(document, error)
    if error["type"] == "model_type":
        return {place: {}}
    if error["type"] == "extra_forbidden" and (meant := _meant(place)):
        *way, _ = place
        section: Any = document
        for key in way:
            section = section[key]
        if meant not in section:
            # The key that was meant has no value: nothing may be concluded from its default.
            return {place: LEFT_OUT, (*way, meant): LEFT_OUT}
    return {place: LEFT_OUT}


def _repaired(node: object, repairs: Mapping[Place, object]) -> object:
    """Copy what is on the way to the repairs, with them made; the rest is shared with the original."""
    if () in repairs:
        return repairs[()]
    below: dict[str | int, dict[Place, object]] = defaultdict(dict)
    for (key, *rest), stand_in in repairs.items():
        below[key][tuple(rest)] = stand_in
    if below and isinstance(node, Mapping):
        members = {key: _repaired(value, below.get(key, {})) for key, value in node.items()}
        return {key: value for key, value in members.items() if value is not LEFT_OUT}
    if below and isinstance(node, list):
        items = [_repaired(item, below.get(index, {})) for index, item in enumerate(node)]
        return [item for item in items if item is not LEFT_OUT]
    return node


def _position(document: object, place: Place) -> list[int]:
    """Tell where a place comes in the document; what is missing comes last in its mapping."""
    position: list[int] = []
    node: Any = document
    for key in place:
        keys = _keys(node)
        if key not in keys:
            return [*position, len(keys)]
        position.append(keys.index(key))
        node = node[key]
    return position
