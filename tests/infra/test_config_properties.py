"""Whatever is done to a configuration, it is accepted or refused in clear lines, and never anything else."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.config import Config, ConfigError, load, validate
from infra.config.problems import Place, spelled
from lambdas.common.settings import Settings
from tests.infra.configurations import EVERY_KEY

if TYPE_CHECKING:
    from pathlib import Path

WORDS = st.sampled_from(
    [
        *["observe", "approve", "enforce", "all", "any", "ipv4", "ipv6", "public", "us-east-1", "eu-west-1"],
        *["30m", "400d", "rate(1 hour)", "10.0.0.0/8", "fd00::/8", "ipam-pool-0abc", "111122223333", "Freeze"],
    ]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=20)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS | st.text(max_size=9), inner, max_size=3)
)


def places(node: Any, here: Place = ()) -> list[Place]:
    """List every place in a document, its root first."""
    members: list[tuple[Any, Any]] = []
    if isinstance(node, dict):
        members = list(node.items())
    elif isinstance(node, list):
        members = list(enumerate(node))
    return [here, *(place for key, value in members for place in places(value, (*here, key)))]


def at(document: Any, place: Place) -> Any:
    for key in place:
        document = document[key]
    return document


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    """Draw the configuration with every key, with up to eight values replaced, removed or added."""
    document = copy.deepcopy(EVERY_KEY)
    for _ in range(draw(st.integers(1, 8))):
        *way, last = draw(st.sampled_from(places(document)[1:] or [("mode",)]))
        node = at(document, tuple(way))
        match draw(st.sampled_from(["replace", "remove", "add"])):
            case "replace":
                node[last] = draw(VALUES)
            case "remove":
                node.pop(last, None) if isinstance(node, dict) else node.pop(last)
            case "add" if isinstance(node, dict):
                node[draw(st.text(max_size=12) | st.sampled_from(["id", "mode", "pools", "grace", "garce"]))] = draw(
                    VALUES
                )
            case _:
                node.append(draw(VALUES))
    return document


def problems_of(path: Path) -> tuple[str, ...]:
    """Give what is wrong with a file; anything but a configuration or a ConfigError fails the test."""
    try:
        load(path)
    except ConfigError as error:
        return error.problems
    return ()


def assert_clear(problems: tuple[str, ...], document: Any) -> None:
    """Every line is one line in our words, told once, that begins with a place in the document."""
    assert problems
    assert len(set(problems)) == len(problems)
    known = places(document)
    for line in problems:
        assert line.isprintable(), line
        assert not line.endswith("is not allowed here"), "an error of pydantic's without words of its own"
        there = any(line.startswith(f"{spelled(place)}: ") for place in known)
        missing = "is missing" in line and any(line.startswith(spelled(place)) for place in known[1:])
        assert there or missing, line


@settings(max_examples=400, deadline=None)
@given(document=mutated())
def test_a_mutated_configuration_is_accepted_whole_or_refused_in_clear_lines(document: Any) -> None:
    before = copy.deepcopy(document)
    try:
        config = validate(document)
    except ConfigError as error:
        assert_clear(error.problems, document)
    else:
        assert isinstance(config, Config)
        assert Settings.from_document(json.loads(json.dumps(config.runtime_settings())))
    assert str(document) == str(before), "judging a document changes nothing in it"


@settings(max_examples=200, deadline=None)
@given(document=VALUES)
def test_any_document_at_all_is_accepted_or_refused_in_clear_lines(document: Any) -> None:
    try:
        validate(document)
    except ConfigError as error:
        assert_clear(error.problems, document)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(document=mutated())
def test_a_file_is_judged_as_its_document_is(document: Any, tmp_path: Path) -> None:
    path = tmp_path / "poolwarden.yaml"
    path.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), encoding="utf-8")

    assert all(line.isprintable() for line in problems_of(path))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet="amode:-[]{}&*!|>#'\"%@`,? \n\t01.~<") | st.text())
def test_any_text_at_all_is_accepted_or_refused_in_clear_lines(text: str, tmp_path: Path) -> None:
    path = tmp_path / "poolwarden.yaml"
    path.write_text(text, encoding="utf-8", errors="surrogatepass")

    assert all(line.isprintable() for line in problems_of(path))
