"""What no function ever reads of its dependencies is taken away: a smaller asset starts sooner.

botocore's descriptions of services lose all but their newest version, and the documentation inside it, which is most of
EC2's and would be parsed at each cold start. Kept is what a client needs: shapes, paginators, endpoints.
"""

from __future__ import annotations

import gzip
import json
import shutil
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

_SHARED_DATA = ("_retry.json", "endpoints.json", "partitions.json", "sdk-default-configuration.json")
_NOT_RUN = ("*.dist-info", "__pycache__", "tests", "examples-1.json*", "waiters-2.json*", "bin")
_UNUSED = (
    "aws_lambda_powertools/event_handler",
    *(
        f"aws_lambda_powertools/utilities/{name}"
        for name in (
            "auth_alpha",
            "batch",
            "circuit_breaker",
            "data_classes",
            "data_masking",
            "feature_flags",
            "idempotency",
            "kafka",
            "metadata",
            "parameters",
            "parser",
            "streaming",
            "typing",
            "validation",
        )
    ),
)
"""Parts of packages that nothing of ours imports; one that is not there any more is an error."""


def trim(folder: Path, *, services: Collection[str]) -> None:
    """Take away from installed packages whatever the functions do not need; `services` are botocore's names."""
    for pattern in _NOT_RUN:
        for entry in list(folder.rglob(pattern)):
            _remove(entry)
    for name in _UNUSED:
        shutil.rmtree(folder / name)
    data = folder / "botocore" / "data"
    for entry in list(data.iterdir()):
        if entry.name not in services and entry.name not in _SHARED_DATA:
            _remove(entry)
    prefixes = {_trim_service(data / service) for service in services}
    _trim_endpoints(data / "endpoints.json", prefixes)


def _trim_service(folder: Path) -> str:
    """Keep the newest description of a service, without its documentation; give its prefix in endpoints."""
    *older, newest = sorted(folder.iterdir())
    for version in older:
        shutil.rmtree(version)
    packed = newest / "service-2.json.gz"
    model = json.loads(gzip.decompress(packed.read_bytes()))
    packed.unlink()
    _write(newest / "service-2.json", _undocumented(model))
    return str(model["metadata"]["endpointPrefix"])


def _undocumented(part: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Leave out texts of documentation; a member of a shape that has that name is no text."""
    match part:
        case dict():
            return {
                key: _undocumented(value)
                for key, value in part.items()
                if not (key == "documentation" and isinstance(value, str))
            }
        case list():
            return [_undocumented(value) for value in part]
        case _:
            return part


def _trim_endpoints(path: Path, prefixes: Collection[str]) -> None:
    """Keep the endpoints of the services that are called; botocore parses the file for each session."""
    endpoints = json.loads(path.read_bytes())
    for partition in endpoints["partitions"]:
        partition["services"] = {name: each for name, each in partition["services"].items() if name in prefixes}
    _write(path, endpoints)


def _write(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, separators=(",", ":")), encoding="utf-8")


def _remove(entry: Path) -> None:
    if entry.is_dir():
        shutil.rmtree(entry)
    else:
        entry.unlink(missing_ok=True)
