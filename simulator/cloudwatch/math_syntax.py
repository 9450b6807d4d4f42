"""The syntax of metric math: text to tree."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from simulator.cloudwatch.syntax import END, Tokens


@dataclass(frozen=True, slots=True)
class Number:
    """A constant."""

    value: float


@dataclass(frozen=True, slots=True)
class Text:
    """A text in double quotes."""

    value: str


@dataclass(frozen=True, slots=True)
class Name:
    """The id of another query, or a keyword such as REPEAT."""

    name: str


@dataclass(frozen=True, slots=True)
class List:
    """An array of expressions in brackets."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Binary:
    """An operator between two expressions; AND and OR in capitals."""

    symbol: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments, and where it stands."""

    name: str
    arguments: tuple[Node, ...]
    position: int = field(compare=False)


Node = Number | Text | Name | List | Binary | Call

_TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<number>\d+(?:\.\d*)?(?:[eE][-+]?\d+)?)
      | (?P<text>"[^"]*")
      | (?P<word>[A-Za-z]\w*)
      | (?P<symbol>&&|\|\||<=|>=|==|!=|[-+*/<>()\[\],])""",
    re.VERBOSE | re.ASCII,
)

_SPELLINGS = {"&&": "AND", "||": "OR"}
_BINDING = {
    "OR": 1,
    "AND": 2,
    **dict.fromkeys(("<", "<=", ">", ">=", "==", "!="), 3),
    **dict.fromkeys("+-", 4),
    **dict.fromkeys("*/", 5),
}
"""How tightly each operator binds; equals are read from left to right."""

_TIGHTEST = 6


@lru_cache(maxsize=256)
def parse(text: str) -> Node:
    """Parse an expression. Raises ExpressionError with the position of the first mistake."""
    parser = _Parser(text)
    node = parser.expression()
    if parser.tokens.current.kind != END:
        raise parser.tokens.unexpected("an operator or the end of the expression")
    return node


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens = Tokens(text, _TOKEN)

    def expression(self, binding: int = 0) -> Node:
        left = self._operand()
        while True:
            symbol = _SPELLINGS.get(self.tokens.current.text, self.tokens.current.text)
            if _BINDING.get(symbol, 0) <= binding:
                return left
            self.tokens.take()
            left = Binary(symbol, left, self.expression(_BINDING[symbol]))

    def _operand(self) -> Node:
        tokens = self.tokens
        with tokens.nested():
            match tokens.current.kind:
                case "number":
                    return Number(float(tokens.take().text))
                case "text":
                    return Text(tokens.take().text[1:-1])
                case "word":
                    return self._named()
                case _:
                    return self._opened()

    def _named(self) -> Node:
        word = self.tokens.take()
        if self.tokens.accept("("):
            return Call(word.text.upper(), self._until(")"), word.position)
        return Name(word.text)

    def _opened(self) -> Node:
        tokens = self.tokens
        if tokens.accept("["):
            return List(self._until("]"))
        if tokens.accept("-"):
            return Binary("-", Number(0.0), self.expression(_TIGHTEST))
        if not tokens.accept("("):
            raise tokens.unexpected("a number, an id, a function or a parenthesis")
        inner = self.expression()
        tokens.expect(")")
        return inner

    def _until(self, closing: str) -> tuple[Node, ...]:
        items: list[Node] = []
        if self.tokens.accept(closing):
            return ()
        items.append(self.expression())
        while self.tokens.accept(","):
            items.append(self.expression())
        self.tokens.expect(closing)
        return tuple(items)
