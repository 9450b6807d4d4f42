"""What the pages say: links lead somewhere, commands exist, configurations are valid, figures are the model's."""

from __future__ import annotations

import re
import shlex
import subprocess
import tomllib
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import botocore.session
import pytest
import yaml
from botocore import xform_name

from bench.scale import ESTATES
from bench.scale_model import month
from cli.main import app
from infra.config import ConfigError, load
from lambdas.common.aws_clients import VERSION
from lambdas.release_eips.run import QUIET, TOLD_THOUGH_SKIPPED

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
FENCED = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
TARGETS = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
COMMANDS = {command.name or (command.callback and command.callback.__name__) for command in app.registered_commands}
SCRIPTS = ROOT / ".venv" / "bin"


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", FENCED.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def commands(page: Path) -> Iterator[str]:
    """The commands that a page shows, or names in a line of text."""
    text = page.read_text(encoding="utf-8")
    for language, block in FENCED.findall(text):
        if language == "console":
            yield from (line.strip().removeprefix("$ ") for line in block.splitlines() if line.strip().startswith("$ "))
    yield from re.findall(r"`((?:make|poolwarden|\.venv/bin/\S+) [^`\n]+)`", FENCED.sub("", text))


def known(command: str) -> bool:  # noqa: PLR0911 - one for each kind
    """Whether a command names a target, a command of ours, a module or an operation that there is."""
    match shlex.split(command):
        case ["make", *rest]:
            return {word for word in rest if "=" not in word and not word.startswith("-")} <= TARGETS
        case [".venv/bin/python", "-m", module, *_]:
            return find_spec(module) is not None
        case [".venv/bin/poolwarden" | "poolwarden", name, *_]:
            return name in COMMANDS or name.startswith("--")
        case [".venv/bin/aws" | "aws", service, operation, *_]:
            return operation in operations(service)
        case [script, *_] if script.startswith(".venv/bin/"):
            return (SCRIPTS / Path(script).name).exists()
        case ["export" | "curl" | "git" | "cd" | "pre-commit", *_]:
            return True
        case _:
            return False


def operations(service: str) -> set[str]:
    model = botocore.session.get_session().get_service_model(service)
    return {xform_name(name, "-") for name in model.operation_names}


def test_there_are_pages_with_links_and_commands() -> None:
    assert {"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/README.md"} <= set(map(named, PAGES))
    assert len([command for page in PAGES for command in commands(page)]) > 20


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_within_the_project_leads_to_a_file_and_a_heading(page: Path) -> None:
    lost = []
    for link in LINK.findall(FENCED.sub("", page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            lost.append(link)
    assert not lost


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_command_that_a_page_shows_is_there(page: Path) -> None:
    assert [command for command in commands(page) if not known(command)] == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_configuration_that_a_page_shows_is_valid(page: Path, tmp_path: Path) -> None:
    written = tmp_path / "poolwarden.yaml"
    for language, block in FENCED.findall(page.read_text(encoding="utf-8")):
        if language == "yaml" and isinstance(yaml.safe_load(block), dict):
            written.write_text(block, encoding="utf-8")
            try:
                load(written)
            except ConfigError as error:
                pytest.fail(f"{error}")


def test_every_page_of_the_documentation_is_in_its_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    listed = {(ROOT / "docs" / link).resolve() for link in LINK.findall(index)}
    assert {page for page in PAGES if page.parent != ROOT} - listed == {ROOT / "docs" / "README.md"}


def test_the_costs_in_the_readme_are_those_of_the_model() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for estate in ESTATES[:3]:
        dollars = round(sum(month(estate).dollars.values()))
        assert f"| {estate.accounts:,} | {estate.regions} | {dollars:,} |" in readme


def test_the_page_about_events_names_what_addresses_are_left_out_for_and_what_is_told_though_skipped() -> None:
    page = (ROOT / "docs" / "notifications.md").read_text(encoding="utf-8")
    rows = "".join(re.findall(r"^\| `release_eips` \| (.+) \|$", page, re.MULTILINE))
    told = re.search(r"`skipped`, but for (.+?): so", rows)
    assert told
    assert set(re.findall(r"`([\w-]+)`", told[1])) == TOLD_THOUGH_SKIPPED
    assert {f"`{reason}`" for reason in QUIET} <= set(re.findall(r"`[\w-]+`", rows))


def test_the_changelog_has_the_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert project["version"] == VERSION == re.findall(r"^## \[(\d[\d.]*)\]", changelog, re.MULTILINE)[0]


def test_the_command_line_tells_its_version() -> None:
    told = subprocess.run([SCRIPTS / "poolwarden", "--version"], check=True, capture_output=True, text=True)
    assert told.stdout == f"poolwarden {VERSION}\n"


def test_no_page_names_a_module_of_the_project_that_is_not_there() -> None:
    files = re.compile(r"`((?:lambdas|infra|cli|report|simulator|bench|chaos|tests|assurance)/[\w/.{},*-]+)`")
    lost = []
    for page in PAGES:
        for name in files.findall(page.read_text(encoding="utf-8")):
            pattern = re.sub(r"\{[^}]*\}", "*", name)
            if not list(ROOT.glob(pattern.rstrip("/"))) and "<" not in name:
                lost.append(f"{named(page)}: {name}")
    assert not lost


def test_the_hooks_before_a_commit_are_the_projects_own_tools() -> None:
    (local,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    assert local["repo"] == "local"
    assert {hook["language"] for hook in local["hooks"]} == {"system"}
    assert [hook["entry"] for hook in local["hooks"] if not known(hook["entry"])] == []
