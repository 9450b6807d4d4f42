"""The one asset that all functions share: our code, what it imports, and the validated configuration."""

from __future__ import annotations

import atexit
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from infra import trimming

if TYPE_CHECKING:
    from aws_cdk import aws_lambda as lambda_

    from infra.config import Config

ROOT = Path(__file__).resolve().parent.parent
LOCK_FILE = ROOT / "requirements" / "lambdas.txt"
BUILD = ROOT / "build"

SERVICES = ("cloudformation", "cloudwatch", "dynamodb", "ec2", "elbv2", "events", "route53", "sns", "sqs", "ssm", "sts")
"""The services whose API descriptions stay in the asset; botocore brings 400 more, some 20 MB zipped."""


def functions_asset(config: Config) -> lambda_.AssetCode:
    """Code for every function, as the CDK uploads it."""
    from aws_cdk import aws_lambda as lambda_  # noqa: PLC0415 - takes seconds to load, which only synth needs

    return lambda_.Code.from_asset(str(staged(config)))


def staged(config: Config) -> Path:
    """Lay out the code in a folder that lives as long as this process.

    `lambdas/`, its dependencies beside it, and `settings.json`.
    """
    staging = Path(tempfile.mkdtemp(prefix="poolwarden-asset-"))
    atexit.register(shutil.rmtree, staging, ignore_errors=True)
    shutil.copytree(dependencies(), staging, dirs_exist_ok=True)
    shutil.copytree(ROOT / "lambdas", staging / "lambdas", ignore=shutil.ignore_patterns("__pycache__"))
    settings = json.dumps(config.runtime_settings(), indent=1, sort_keys=True)
    (staging / "settings.json").write_text(settings, encoding="utf-8")
    return staging


def dependencies() -> Path:
    """A folder with the locked dependencies, trimmed; made once for each lock file and way to trim."""
    trimmed_by = Path(trimming.__file__).read_bytes()
    digest = hashlib.sha256(LOCK_FILE.read_bytes() + repr(SERVICES).encode() + trimmed_by).hexdigest()[:16]
    folder = BUILD / f"dependencies-{digest}"
    if folder.exists():
        return folder
    BUILD.mkdir(exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix="dependencies-", dir=BUILD))
    _install(unfinished)
    trimming.trim(unfinished, services=SERVICES)
    if compiled := next(unfinished.rglob("*.so"), None):
        raise RuntimeError(f"{compiled.name} is compiled: the asset must be pure Python")
    try:
        unfinished.rename(folder)
    except OSError:  # somebody else has just finished the same
        shutil.rmtree(unfinished)
    return folder


def _install(folder: Path) -> None:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--no-compile", "--require-hashes", "--only-binary", ":all:"]
    subprocess.run(  # noqa: S603 - our own interpreter and lock file
        [*command, "--target", str(folder), "--requirement", str(LOCK_FILE)], check=True
    )


if __name__ == "__main__":
    print(dependencies())
