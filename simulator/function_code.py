"""A function's code, unpacked once for all its execution environments.

MiniStack unpacks the zip anew for each one, which costs more than the function's start. On AWS the code is read-only,
so environments can share it.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType


def install(worker_module: ModuleType, folder: Path) -> None:
    """Let the module that starts execution environments unpack archives through `folder`."""

    class SharedZip(zipfile.ZipFile):
        def extractall(self, path: str, *_: object) -> None:  # type: ignore[override]  # what MiniStack calls
            shared = _unpacked(Path(str(self.filename)), folder)
            target = Path(path)
            target.rmdir()  # MiniStack has made it, empty
            target.symlink_to(shared, target_is_directory=True)

    worker_module.zipfile = SimpleNamespace(**{**vars(zipfile), "ZipFile": SharedZip})  # type: ignore[attr-defined]


def _unpacked(archive: Path, folder: Path) -> Path:
    """The folder with the archive's content, made when the first one asks."""
    shared = folder / f"code-{hashlib.sha256(archive.read_bytes()).hexdigest()[:32]}"
    if shared.exists():
        return shared
    unfinished = Path(tempfile.mkdtemp(prefix="unpacking-", dir=folder))
    with zipfile.ZipFile(archive) as content:
        content.extractall(unfinished)
    try:
        unfinished.rename(shared)
    except OSError:  # another environment was quicker
        shutil.rmtree(unfinished)
    return shared
