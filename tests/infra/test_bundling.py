"""The functions' asset: pure Python, trimmed, and complete by itself."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from aws_cdk import FileSystem

from infra import bundling
from infra.config import load
from lambdas.common.settings import REMEDIATIONS

FUNCTIONS = {*REMEDIATIONS, "notify", "operate"}
REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def asset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    code = bundling.functions_asset(load(REPOSITORY / "simulator" / "demo" / "poolwarden.yaml"))
    copy = tmp_path_factory.mktemp("asset") / "code"
    return Path(code.path).rename(copy)


@pytest.mark.deep
def test_another_build_elsewhere_and_later_is_the_same_to_the_byte(
    asset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The packages of `asset` were installed into build/, at another time; here everything is made anew."""
    monkeypatch.setattr(bundling, "BUILD", tmp_path / "elsewhere")
    again = bundling.functions_asset(load(REPOSITORY / "simulator" / "demo" / "poolwarden.yaml"))

    assert FileSystem.fingerprint(again.path) == FileSystem.fingerprint(str(asset))


def run_bare(asset: Path, code: str) -> subprocess.CompletedProcess[str]:
    """Run code as a deployed function runs: this Python, the asset, no environment, nothing else importable."""
    base = getattr(sys, "_base_executable", sys.executable)
    prepared = f"import sys; sys.path.insert(0, {str(asset)!r}); {code}"
    return subprocess.run(
        [base, "-B", "-I", "-S", "-c", prepared], check=False, capture_output=True, text=True, env={"PATH": os.defpath}
    )


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_every_handler_can_be_imported_from_the_asset_alone_and_loads_nothing_of_the_others(
    asset: Path, function: str
) -> None:
    ran = run_bare(
        asset, f"import lambdas.{function}.handler as h; print(*sys.modules, sep='\\n'); print(callable(h.handler))"
    )

    *loaded, is_callable = ran.stdout.split() or [""]
    assert is_callable == "True", ran.stderr
    packages = {".".join(name.split(".")[:2]) for name in loaded}
    assert packages.isdisjoint(f"lambdas.{other}" for other in FUNCTIONS - {function})
    assert packages.isdisjoint({"boto3", "s3transfer", "pydantic", "asyncio", "concurrent.futures.process"})


def test_each_service_that_is_called_has_its_description_in_the_asset(asset: Path) -> None:
    ran = run_bare(
        asset,
        "import botocore.session; s = botocore.session.get_session();"
        f"[s.create_client(each, 'us-east-1', aws_access_key_id='a', aws_secret_access_key='b')"
        f" for each in {bundling.SERVICES!r}];"
        "print('built')",
    )

    assert ran.stdout == "built\n", ran.stderr


def test_the_settings_travel_with_the_code(asset: Path) -> None:
    settings = json.loads((asset / "settings.json").read_text(encoding="utf-8"))

    assert settings["refill_pools"]["mode"] == "enforce"


def test_nothing_compiled_and_nothing_of_other_services_is_in_the_asset(asset: Path) -> None:
    assert not list(asset.rglob("*.so"))
    assert not list(asset.rglob("*.pyc"))
    described = {entry.name for entry in (asset / "botocore" / "data").iterdir() if entry.is_dir()}
    assert described == set(bundling.SERVICES)


def test_the_descriptions_have_one_version_each_and_no_documentation(asset: Path) -> None:
    for service in bundling.SERVICES:
        (version,) = (asset / "botocore" / "data" / service).iterdir()
        assert '"documentation":"' not in (version / "service-2.json").read_text(encoding="utf-8")


def test_the_zip_stays_far_below_five_megabytes(asset: Path, tmp_path: Path) -> None:
    packed = Path(shutil.make_archive(str(tmp_path / "asset"), "zip", asset))
    assert packed.stat().st_size < 2_500_000
