"""What the deployment tells a function through its environment, read when first needed, never at import."""

from __future__ import annotations

import os


class EnvironmentVariableMissingError(LookupError):
    """A function was deployed without something that it needs."""


def required(name: str) -> str:
    """Give an environment variable's value; an error that names it where it is missing or empty."""
    value = os.environ.get(name)
    if not value:
        raise EnvironmentVariableMissingError(f"environment variable {name} is not set")
    return value
