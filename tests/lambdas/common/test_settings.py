"""The functions' view of the configuration, from the document that travels in the asset."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

from infra.config import validate
from infra.config.schema import Config
from lambdas.common import settings
from lambdas.common.settings import (
    AlignSettings,
    Breaker,
    ExtendSettings,
    OrganizationSettings,
    PoolMatch,
    PoolRule,
    RefillSettings,
    ReleaseSettings,
    Settings,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]

CONFIGURATION = {
    "mode": "observe",
    "regions": ["us-east-1", "eu-west-1"],
    "refill_pools": {
        "mode": "enforce",
        "pools": [
            {
                "match": {"id": "ipam-pool-0abc"},
                "low_water_percent": 12.5,
                "min_netmask_length": 16,
                "max_netmask_length": 24,
                "ready_netmask_length": 22,
                "supply": ["10.64.0.0/10"],
            },
            {"match": {"tags": {"env": "prod"}, "scope": "private", "family": "ipv4"}},
        ],
    },
    "contacts": {"111122223333": "team-a@example.com"},
    "notifications": {"email": ["net-oncall@example.com"], "minimum_severity": "warning"},
    "ledger_retention": "90d",
    "approval_expires": "12h",
}


def travelled(configuration: dict[str, Any]) -> Settings:
    """Take a configuration the way it goes: judged at synth, written as JSON, read in a function."""
    return Settings.from_document(json.loads(json.dumps(validate(configuration).runtime_settings())))


def test_a_configuration_arrives_in_the_functions_as_it_was_written() -> None:
    assert travelled(CONFIGURATION) == Settings(
        mode="observe",
        tag_prefix="poolwarden",
        regions=("us-east-1", "eu-west-1"),
        organization=None,
        change_calendar=None,
        refill_pools=RefillSettings(
            mode="enforce",
            max_provisions_per_day=10,
            rules=(
                PoolRule(
                    match=PoolMatch(pool_id="ipam-pool-0abc", tags={}),
                    low_water_percent=12.5,
                    target_percent=40,
                    min_netmask_length=16,
                    max_netmask_length=24,
                    ready_netmask_length=22,
                    max_provisions_per_day=4,
                    max_cidrs_per_pool=50,
                    max_contiguous_blocks=2,
                    supply=(ip_network("10.64.0.0/10"),),
                ),
                PoolRule(
                    match=PoolMatch(tags={"env": "prod"}, scope_type="private", family="ipv4"),
                    low_water_percent=20,
                    target_percent=40,
                    min_netmask_length=None,
                    max_netmask_length=None,
                    ready_netmask_length=None,
                    max_provisions_per_day=4,
                    max_cidrs_per_pool=50,
                    max_contiguous_blocks=2,
                    supply=(),
                ),
            ),
        ),
        release_eips=None,
        align_albs=None,
        extend_vpcs=None,
        minimum_severity="warning",
        contacts={"111122223333": "team-a@example.com"},
        ledger_retention=timedelta(days=90),
        approval_expires=timedelta(hours=12),
    )


def test_what_a_section_leaves_out_arrives_as_its_default() -> None:
    sections: dict[str, Any] = {
        "release_eips": {"schedule": "rate(2 hours)"},
        "align_albs": {"allowed_pools": "any"},
        "extend_vpcs": {},
    }
    written = Config.model_validate({**sections, "organization": {"id": "o-a1b2c3d4e5", "accounts": "all"}})

    read = Settings.from_document(json.loads(json.dumps(written.runtime_settings())))

    assert read.release_eips == ReleaseSettings(
        mode="observe",
        grace=timedelta(days=30),
        warn_before=timedelta(days=7),
        max_releases_per_run=25,
        breaker=Breaker(share=0.5, at_least=5),
        include=("amazon", "ipam"),
        dns_accounts=(),
        keep_tags={},
        sweep_period=timedelta(hours=2),
    )
    assert read.align_albs == AlignSettings(
        mode="observe", pools={}, allowed_pools="any", headroom_addresses=2, exclude_tags={}
    )
    assert read.extend_vpcs == ExtendSettings(
        mode="observe",
        high_water_percent=80,
        netmask_length=None,
        max_cidrs_per_vpc=5,
        max_extensions_per_day=10,
        max_extensions_per_vpc_per_day=1,
        exclude_tags={},
    )
    assert read.organization == OrganizationSettings(id="o-a1b2c3d4e5", accounts="all", exclude_accounts=(), modes={})


def test_what_is_listed_arrives_as_values_that_cannot_be_changed() -> None:
    written = Config.model_validate(
        {
            "organization": {"id": "o-a1b2c3d4e5", "accounts": ["111122223333"]},
            "align_albs": {"allowed_pools": ["ipam-pool-0abc"]},
        }
    )

    read = Settings.from_document(json.loads(json.dumps(written.runtime_settings())))

    assert read.organization
    assert read.organization.accounts == ("111122223333",)
    assert read.align_albs
    assert read.align_albs.allowed_pools == ("ipam-pool-0abc",)


@pytest.mark.parametrize(
    ("allowed", "named"),
    [
        ("any", {"ipam-pool-0abc", "ipam-pool-0def", "ipam-pool-0ghi"}),
        (("ipam-pool-0abc",), {"ipam-pool-0abc", "ipam-pool-0def"}),
        ((), {"ipam-pool-0def"}),
    ],
)
def test_a_tag_may_name_the_pools_that_are_allowed_and_those_of_the_regions(
    allowed: tuple[str, ...] | Literal["any"], named: set[str]
) -> None:
    align = AlignSettings(
        mode="enforce",
        pools={"eu-west-1": "ipam-pool-0def"},
        allowed_pools=allowed,
        headroom_addresses=2,
        exclude_tags={},
    )

    pools = ("ipam-pool-0abc", "ipam-pool-0def", "ipam-pool-0ghi")
    assert {pool for pool in pools if align.lets_tags_name(pool)} == named


def test_nothing_but_what_functions_need_travels() -> None:
    document = json.dumps(validate(CONFIGURATION).runtime_settings())

    assert "net-oncall@example.com" not in document
    assert "schedule" not in document


@pytest.mark.parametrize("section", [None, {"enabled": False, "mode": "enforce"}])
def test_a_remediation_that_is_off_has_no_settings(section: dict[str, Any] | None) -> None:
    configuration = {key: value for key, value in CONFIGURATION.items() if key != "refill_pools"}

    assert travelled(configuration | ({"refill_pools": section} if section else {})).refill_pools is None


def test_a_remediation_without_a_mode_of_its_own_has_the_global_one() -> None:
    refill = travelled(CONFIGURATION | {"mode": "enforce", "refill_pools": {}}).refill_pools

    assert refill
    assert refill.mode == "enforce"


PROD = {"env": "prod", "team": "net"}


@pytest.mark.parametrize(
    ("match", "governed"),
    [
        ({"id": "ipam-pool-0abc"}, True),
        ({"id": "ipam-pool-0def"}, False),
        ({"tags": {"env": "prod"}}, True),
        ({"tags": {"env": "prod", "team": "net"}}, True),
        ({"tags": {"env": "test"}}, False),
        ({"tags": {"env": "prod", "cell": "1"}}, False),
        ({"scope": "private"}, True),
        ({"scope": "public"}, False),
        ({"family": "ipv4"}, True),
        ({"family": "ipv6"}, False),
        ({"id": "ipam-pool-0abc", "tags": {"env": "prod"}, "scope": "private", "family": "ipv4"}, True),
        ({"id": "ipam-pool-0abc", "family": "ipv6"}, False),
        ({"id": "ipam-pool-0def", "tags": {"env": "prod"}}, False),
    ],
)
def test_a_rule_governs_a_pool_when_all_that_its_match_names_holds(match: dict[str, Any], governed: bool) -> None:  # noqa: FBT001
    refill = travelled(CONFIGURATION | {"refill_pools": {"pools": [{"match": match}]}}).refill_pools

    assert refill
    [rule] = refill.rules
    assert rule.governs(pool_id="ipam-pool-0abc", tags=PROD, scope_type="private", family="ipv4") is governed


def test_the_first_rule_that_governs_a_pool_counts() -> None:
    refill = travelled(CONFIGURATION).refill_pools

    assert refill
    named, tagged = refill.rules
    assert refill.rule_for(pool_id="ipam-pool-0abc", tags=PROD, scope_type="private", family="ipv4") is named
    assert refill.rule_for(pool_id="ipam-pool-0def", tags=PROD, scope_type="private", family="ipv4") is tagged


def test_a_pool_that_no_rule_governs_has_none() -> None:
    refill = travelled(CONFIGURATION).refill_pools

    assert refill
    assert refill.rule_for(pool_id="ipam-pool-0def", tags={}, scope_type="public", family="ipv4") is None


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        travelled(CONFIGURATION).mode = "enforce"  # type: ignore[misc]


@pytest.fixture
def forgotten_settings() -> Iterator[None]:
    settings.load.cache_clear()
    yield
    settings.load.cache_clear()


@pytest.mark.usefixtures("forgotten_settings")
def test_a_function_reads_the_settings_that_the_environment_names_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps(validate(CONFIGURATION).runtime_settings()), encoding="utf-8")
    monkeypatch.setenv("POOLWARDEN_SETTINGS", str(path))

    first = settings.load()
    path.unlink()

    assert first == travelled(CONFIGURATION)
    assert settings.load() is first


def test_in_the_asset_the_settings_are_beside_the_package_and_need_nothing_but_the_standard_library(
    tmp_path: Path,
) -> None:
    package = tmp_path / "lambdas" / "common"
    package.mkdir(parents=True)
    for name in ("lambdas/__init__.py", "lambdas/common/__init__.py", "lambdas/common/settings.py"):
        (tmp_path / name).write_text((ROOT / name).read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "settings.json").write_text(json.dumps(validate(CONFIGURATION).runtime_settings()), encoding="utf-8")

    # -S leaves out site-packages: whatever is imported comes with Python.
    read = subprocess.run(
        [sys.executable, "-S", "-c", "from lambdas.common.settings import load; print(load().tag_prefix)"],
        cwd=tmp_path,
        env={},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (read.stdout, read.stderr) == ("poolwarden\n", "")
