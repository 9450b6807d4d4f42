"""Reading YAML without losing anything on the way: a repeated key, the digits of a number."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import yaml

from infra.config.problems import ConfigError, Place, Problem
from infra.config.values import Misreadable

if TYPE_CHECKING:
    import pathlib

STANDARD = "tag:yaml.org,2002:"
READ_AS_TEXT = ("str", "int", "float", "bool", "timestamp", "value", "merge")
WHOLE_NUMBER = re.compile("-?(0|[1-9][0-9]{0,17})")
DECIMAL_NUMBER = re.compile(r"-?[0-9]{0,17}\.[0-9]{1,17}")
LEADING_ZERO = re.compile("0[0-9]+")
HINTS = {
    "mapping values are not allowed here": "put text that has a colon in quotes, and check the indentation",
    "expected <block end>": "check the indentation of this line",
    "found character '\\t'": "indent with spaces",
}
"""What helps against what the YAML parser complains of, by a part of its words."""
TRUTHS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


def read(path: pathlib.Path) -> tuple[object, list[Problem]]:
    """Read a YAML file: its document, and the keys that stand twice in a mapping (the last one is kept).

    ConfigError, with one line, where there is no document to speak of.
    """
    text = _text(path)
    reading = _Reading()
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        document = reading.value(node, ()) if node else None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ConfigError([f"{path}: line {line} holds a character that YAML does not allow"]) from None
    except yaml.MarkedYAMLError as error:
        raise ConfigError([f"{path}: {_explained(error)}"]) from None
    except RecursionError:
        raise ConfigError([f"{path}: is nested too deeply to be a configuration"]) from None
    if document is None:
        raise ConfigError([f"{path}: is empty: write at least a mode, such as mode: observe"])
    return document, reading.problems


def _text(path: pathlib.Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError([f"{path}: there is no such file"]) from None
    except OSError as error:
        raise ConfigError([f"{path}: cannot be read: {error.strerror}"]) from None
    except UnicodeDecodeError as error:
        raise ConfigError([f"{path}: is not text in UTF-8, at byte {error.start}"]) from None


def _explained(error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark
    where = f" in line {mark.line + 1}, column {mark.column + 1}" if mark else ""
    begun = error.context_mark
    context = f" ({error.context} from line {begun.line + 1} on)" if error.context and begun else ""
    return f"YAML error{where}: {error.problem}{context}{_hint(error.problem or '')}"


def _hint(problem: str) -> str:
    """Say what most often is behind what the parser says in its own words."""
    return next((f": {hint}" for words, hint in HINTS.items() if words in problem), "")


class _Reading:
    """One reading of a tree of YAML nodes. An alias is read where its anchor is, once."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._values: dict[yaml.Node, object] = {}
        self._open: set[yaml.Node] = set()

    def value(self, node: yaml.Node, place: Place) -> object:
        """Give what a node holds; `place` is where it stands."""
        if node not in self._values:
            if node in self._open:
                raise _refused("an alias stands inside what it stands for", node)
            self._open.add(node)
            self._values[node] = self._read(node, place)
            self._open.remove(node)
        return self._values[node]

    def _read(self, node: yaml.Node, place: Place) -> object:
        kind = node.tag.removeprefix(STANDARD)
        match node:
            case yaml.MappingNode() if kind == "map":
                return self._mapping(node, place)
            case yaml.SequenceNode() if kind == "seq":
                return [self.value(item, (*place, index)) for index, item in enumerate(node.value)]
            case yaml.ScalarNode() if kind == "null":
                return None
            case yaml.ScalarNode() if kind in READ_AS_TEXT:
                return _scalar(node, kind)
            case _:
                raise _refused(f"the tag {node.tag} has no meaning in a configuration", node)

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, object]:
        mapping: dict[str, object] = {}
        lines: dict[str, int] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise _refused("a key must be text, not a list or a mapping", key_node)
            # Keys are names, ids and Regions: taken as they are written, whatever else YAML makes of them.
            key = _plain_text(key_node)
            line = key_node.start_mark.line + 1
            if key in mapping:
                text = f"stands twice, in lines {lines[key]} and {line}: keep one"
                self.problems.append(Problem(place=(*place, key), text=text))
            lines[key] = line
            mapping[key] = self.value(value_node, (*place, key))
        return mapping


def _scalar(node: yaml.ScalarNode, kind: str) -> object:
    text = _plain_text(node)
    if node.style is not None:
        return text
    if kind == "bool":
        return TRUTHS.get(text.lower(), text)
    if kind == "int" and WHOLE_NUMBER.fullmatch(text):
        return int(text)
    if kind == "float" and DECIMAL_NUMBER.fullmatch(text):
        return float(text)
    return text


def _plain_text(node: yaml.ScalarNode) -> str:
    """Take the text of a scalar, marked where YAML takes its digits for another number than they write."""
    is_misreadable = node.style is None and LEADING_ZERO.fullmatch(node.value)
    return Misreadable(node.value) if is_misreadable else node.value


def _refused(problem: str, node: yaml.Node) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)
