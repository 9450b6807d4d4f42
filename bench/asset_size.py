"""How large the functions' asset is, zipped and unpacked, beside the same packages untrimmed and a peer's."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from pathlib import Path

from bench import custodian, packages
from bench.memory import MEGABYTE
from bench.result import OURS, Measure, Result, Row, Spread

ZIPPED = Measure(name="zipped", unit="MB", better="less", limit=5)
UNPACKED = Measure(name="unpacked", unit="MB", better="less")


def measure() -> Result:
    """Weigh the asset, what it is made of, and Cloud Custodian's package of a function."""
    with tempfile.TemporaryDirectory(prefix="poolwarden-bench-") as folder:
        untrimmed = Path(folder)
        names = {entry.stem for entry in packages.asset().iterdir()} - {"settings"}
        packages.copy(sorted(names), untrimmed)
        found = {OURS: _weighed(packages.asset()), "the same, untrimmed": _weighed(untrimmed)}
    found["Cloud Custodian, with the boto3 of Lambda's runtime"] = custodian.package_size()
    return Result(
        title="The functions' asset",
        about=(
            "One zip for all functions, with every package that they import, so that it does not matter what Lambda's "
            "runtime carries. Cloud Custodian's zip leaves out boto3, botocore and what these need."
        ),
        measures=(ZIPPED, UNPACKED),
        rows=tuple(
            Row(
                setting="the zip",
                contender=contender,
                figures={
                    ZIPPED.name: Spread.of([zipped / MEGABYTE]),
                    UNPACKED.name: Spread.of([unpacked / MEGABYTE]),
                },
            )
            for contender, (zipped, unpacked) in found.items()
        ),
    )


def _weighed(folder: Path) -> tuple[int, int]:
    """Give the bytes of a folder, zipped and as it is."""
    with tempfile.TemporaryDirectory(prefix="poolwarden-bench-") as kept:
        packed = Path(shutil.make_archive(str(Path(kept) / "packed"), "zip", folder))
        with zipfile.ZipFile(packed) as content:
            return packed.stat().st_size, sum(each.file_size for each in content.infolist())
