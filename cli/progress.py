"""That something is going on, on the terminal's standard error: nothing of it is in what a program reads."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cli.aws import Aws


@contextmanager
def shown(aws: Aws, what: str) -> Iterator[None]:
    """Show, while something is done, what it is and which call to AWS is the latest."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    count = 0
    with console.status(what) as status:

        def called(service: str, operation: str) -> None:
            nonlocal count
            count += 1
            status.update(f"{what}: {count} calls to AWS, {service} {operation}")

        aws.on_call = called
        yield
