"""`poolwarden report`: the address space, its course, what was decided and what that saved, as one HTML file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cli import history, hub
from cli.failures import CommandError
from report import gather, page

if TYPE_CHECKING:
    from pathlib import Path

    from cli.aws import Aws


def write(aws: Aws, path: Path, *, mode: str) -> dict[str, Any]:
    """Write the report; `{file, decisions, missing}`: what could not be read is named, and left out of it.

    Without a deployed hub it shows the address space alone. CommandError where the file cannot be written.
    """
    found = hub.find(aws)
    items = history.everything(aws, found) if found else []
    source = gather.Source(client=aws.client, account=aws.account, region=aws.region, mode=mode, now=aws.now)
    made = gather.gather(source, items, title=f"Poolwarden: account {aws.account}")
    try:
        page.write(path, made)
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}") from None
    except page.LibrariesMissingError as error:
        raise CommandError(str(error)) from None
    return {"file": str(path), "decisions": len(items), "missing": list(made.missing)}
