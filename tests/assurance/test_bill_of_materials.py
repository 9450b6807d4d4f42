"""The bills of materials and the page of licences say what the lock files say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from assurance import bill_of_materials as bill

REPOSITORY = Path(__file__).resolve().parents[2]


def components(packages: list[bill.Package]) -> dict[str, Any]:
    return {each["purl"]: each for each in json.loads(bill.document(packages))["components"]}


def pinned(lock_file: str) -> set[str]:
    lines = (REPOSITORY / "requirements" / lock_file).read_text(encoding="utf-8").splitlines()
    return {f"pkg:pypi/{line.split()[0].replace('==', '@')}" for line in lines if line[:1].isalnum()}


def test_everything_that_is_deployed_is_in_its_bill_with_a_hash_and_a_licence() -> None:
    found = components(bill.functions())

    assert found.keys() == pinned("lambdas.txt")
    for each in found.values():
        assert {item["alg"] for item in each["hashes"]} == {"SHA-256"}
        (licence,) = each["licenses"]
        assert licence.get("expression") or licence["license"].get("id") or licence["license"]["name"] != "not given"


def test_everything_that_set_up_installs_is_in_the_bill_of_tools() -> None:
    found = components(bill.tools())

    assert found.keys() >= pinned("dev.txt")
    locked = json.loads((REPOSITORY / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    named = {path.rpartition("node_modules/")[2] for path in locked if path}
    assert named == {package.name for package in bill.tools() if package.kind == "npm"}
    assert all(each["hashes"] for each in found.values())


def test_the_same_lock_files_give_the_same_bill() -> None:
    assert bill.document(bill.functions()) == bill.document(bill.functions())


def test_the_page_of_licences_is_current() -> None:
    assert (REPOSITORY / "docs" / "licences.md").read_text(encoding="utf-8") == bill.licences(), "run `make sbom`"
