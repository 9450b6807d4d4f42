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
import sys
sys.path.append(sys.argv.pop(1))
from bench import memory
from bench.wake import PEAK
from c7n.cli import main
try:
    main()
finally:
    print(f"{PEAK}{memory.most()}")
"""
_SIZE = """
from zipfile import ZipFile
from c7n.mu import custodian_archive
archive = custodian_archive()
archive.close()
print(archive.size, sum(each.file_size for each in ZipFile(archive.path).infolist()))
"""


def command(folder: Path, *, only_look: bool = False) -> list[str]:
    """Give the command that runs the policy, or stops before its action; its output goes to the folder."""
    folder.mkdir()
    policy = folder / "policy.yml"
    policy.write_text(POLICY, encoding="utf-8")
    interpreter = _environment() / "bin" / "python"
    return [
        str(interpreter),
        "-c",
        _RUN,
        str(ROOT),
        "run",
        *(["--dryrun"] if only_look else []),
        "--output-dir",
        str(folder / "output"),
        "--region",
        "us-east-1",
        str(policy),
    ]


def package_size() -> tuple[int, int]:
    """Give the bytes of the zip that it deploys for a policy that runs as a function, and of what is in it."""
    packed = subprocess.run(  # noqa: S603 - the peers' own interpreter
        [_environment() / "bin" / "python", "-c", _SIZE], check=True, capture_output=True, text=True
    )
    zipped, unpacked = packed.stdout.split()
    return int(zipped), int(unpacked)


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
