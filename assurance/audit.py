"""Asks for known vulnerabilities of what the lock files name: PyPI's advisories, and npm's. `make audit` runs it.

Status 0: all was asked for, nothing is known. 1: something is known, and named. 2: the databases could not be asked
about everything, which is no answer.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOCK_FILES = ("lambdas", "dev", "assurance", "fuzz", "peers")
LONGEST_ANSWER = 200
PATIENCE_SECONDS = 600


@dataclass(frozen=True, kw_only=True, slots=True)
class Findings:
    """What is known of the packages of one lock file; `unasked` says of what nothing could be learnt, and why."""

    lock_file: str
    vulnerabilities: tuple[str, ...]
    unasked: tuple[str, ...]


def of_python(lock_file: Path) -> Findings:
    """Ask PyPI about the packages of a lock file, which need not be installed."""
    command = [sys.executable, "-m", "pip_audit", "--format", "json", "--progress-spinner", "off"]
    command += ["--no-deps", "--disable-pip", "--require-hashes", "--requirement", str(lock_file)]
    return read_pip_audit(_run(command), lock_file=lock_file.name)


def of_node() -> Findings:
    """Ask npm's registry about the packages of package-lock.json."""
    return read_npm_audit(_run(["npm", "audit", "--package-lock-only", "--json"]))


def read_pip_audit(answer: str, *, lock_file: str) -> Findings:
    """Read pip-audit's JSON: each dependency has `vulns`, or a `skip_reason`."""
    try:
        dependencies = json.loads(answer)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return Findings(lock_file=lock_file, vulnerabilities=(), unasked=(_shortened(answer),))
    return Findings(
        lock_file=lock_file,
        vulnerabilities=tuple(
            f"{each['name']} {each['version']}: {found['id']}, fixed in {', '.join(found['fix_versions']) or 'nothing'}"
            for each in dependencies
            for found in each.get("vulns", [])
        ),
        unasked=tuple(each["skip_reason"] for each in dependencies if "skip_reason" in each),
    )


def read_npm_audit(answer: str) -> Findings:
    """Read npm's JSON: `vulnerabilities` by package, or a `message`."""
    lock_file = "package-lock.json"
    try:
        said: dict[str, Any] = json.loads(answer)
    except ValueError:
        said = {"message": answer}
    found = said.get("vulnerabilities")
    if found is None:
        return Findings(lock_file=lock_file, vulnerabilities=(), unasked=(_shortened(str(said.get("message", ""))),))
    named = tuple(f"{name} {each['range']}: {each['severity']}" for name, each in found.items())
    return Findings(lock_file=lock_file, vulnerabilities=named, unasked=())


def main() -> int:
    """Print what is known, and what could not be learnt."""
    paths = [ROOT / "requirements" / f"{name}.txt" for name in LOCK_FILES]
    answers = [*(of_python(path) for path in paths), of_node()]
    for each in answers:
        sys.stdout.writelines(f"{each.lock_file}: VULNERABLE: {line}\n" for line in each.vulnerabilities)
        if each.unasked:
            sys.stdout.write(f"{each.lock_file}: not audited ({len(each.unasked)}), such as: {each.unasked[0]}\n")
        elif not each.vulnerabilities:
            sys.stdout.write(f"{each.lock_file}: nothing is known against it\n")
    return verdict(answers)


def verdict(answers: list[Findings]) -> int:
    """Give the exit status: what is known weighs more than what is not."""
    if any(each.vulnerabilities for each in answers):
        return 1
    return 2 if any(each.unasked for each in answers) else 0


def _run(command: list[str]) -> str:
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS)
    return ran.stdout or ran.stderr


def _shortened(answer: str) -> str:
    """Give the last line of an answer that is no findings: that is where a tool says what was wrong."""
    lines = [" ".join(line.split()) for line in answer.splitlines() if line.strip(" {}")]
    return (lines or ["no answer"])[-1][:LONGEST_ANSWER]


if __name__ == "__main__":
    sys.exit(main())
