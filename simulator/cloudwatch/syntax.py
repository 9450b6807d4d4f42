"""What the two expression languages of alarms share: tokens, a cursor over them, errors with a position."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

END = "end"
MAX_DEPTH = 50


class ExpressionError(ValueError):
    """An expression that CloudWatch cannot parse or evaluate; `position` counts from 0, where it is known."""

    def __init__(self, message: str, position: int | None = None) -> None:
        super().__init__(message if position is None else f"{message} at position {position}")
        self.position = position


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of an expression; `kind` names the group of the pattern that matched it."""

    kind: str
    text: str
    position: int

    def is_word(self, word: str) -> bool:
        """Whether this is the keyword, in any case, or the symbol."""
        return self.kind in ("word", "symbol") and self.text.upper() == word


class Tokens:
    """The tokens of an expression, read one by one."""

    def __init__(self, text: str, pattern: re.Pattern[str]) -> None:
        """Split `text` by a pattern of named groups, of which `space` is dropped.

        Raises ExpressionError at the first character that no group matches.
        """
        self._tokens = []
        position = 0
        while position < len(text):
            match = pattern.match(text, position)
            if match is None or match.lastgroup is None:
                raise ExpressionError(f"Unexpected character {text[position]!r}", position)
            if match.lastgroup != "space":
                self._tokens.append(Token(match.lastgroup, match[0], position))
            position = match.end()
        self._tokens.append(Token(END, "", len(text)))
        self._next = 0
        self._depth = 0

    @property
    def current(self) -> Token:
        """The token to be read next, of kind END after the last one."""
        return self._tokens[self._next]

    def take(self) -> Token:
        """Read the next token."""
        token = self.current
        if token.kind != END:
            self._next += 1
        return token

    def accept(self, word: str) -> bool:
        """Read the next token if it is this keyword or symbol; whether it was."""
        if not self.current.is_word(word):
            return False
        self.take()
        return True

    def expect(self, word: str) -> None:
        """Read this keyword or symbol, or raise ExpressionError."""
        if not self.accept(word):
            raise self.unexpected(word)

    @contextmanager
    def nested(self) -> Iterator[None]:
        """Read something that may contain itself; raise ExpressionError where it does so too deeply."""
        if self._depth == MAX_DEPTH:
            raise ExpressionError("Too deeply nested", self.current.position)
        self._depth += 1
        yield
        self._depth -= 1

    def unexpected(self, expected: str) -> ExpressionError:
        """Make the error that says what was expected instead of the next token."""
        found = "the end of the expression" if self.current.kind == END else repr(self.current.text)
        return ExpressionError(f"Expected {expected} but found {found}", self.current.position)
