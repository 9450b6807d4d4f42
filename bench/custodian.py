"""Cloud Custodian, in an environment of its own: its dependencies are not ours."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK_FILE = ROOT / "requirements" / "peers.txt"

POLICY = """
policies:
  - name: unused-addresses
    resource: aws.network-addr
    filters:
      - AssociationId: absent
    actions:
      - release
"""
"""As its documentation has it for addresses that are not associated."""

_RUN = """
import resource, sys
from c7n.cli import main
try:
    main()
finally:
    print("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


def command(folder: Path) -> list[str]:
    """Give the command that runs the policy; its output goes to the folder."""
    folder.mkdir()
    policy = folder / "policy.yml"
    policy.write_text(POLICY, encoding="utf-8")
    interpreter = _environment() / "bin" / "python"
    return [
        str(interpreter),
        "-c",
        _RUN,
        "run",
        "--output-dir",
        str(folder / "output"),
        "--region",
        "us-east-1",
        str(policy),
    ]


def _environment() -> Path:
    """Install it from its lock file, once."""
    digest = hashlib.sha256(LOCK_FILE.read_bytes()).hexdigest()[:16]
    environment = ROOT / "build" / f"peers-{digest}"
    if not (environment / "complete").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", environment], check=True)  # noqa: S603 - our interpreter
        pip = [str(environment / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        pip += ["--no-deps", "--require-hashes", "--requirement", str(LOCK_FILE)]
        subprocess.run(pip, check=True)  # noqa: S603 - the peers' own interpreter and lock file
        (environment / "complete").touch()
    return environment
