"""Reading `poolwarden.yaml` from a file: what a user meets."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pydantic
import pytest

from infra.config import ConfigError, load, load_or_exit
from infra.config.consistency import MOST_ADDRESSES, MOST_MODES, MOST_MODES_OF_A_STACK_SET, MOST_NAMED
from lambdas.common.settings import REMEDIATIONS

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
EVERY_KEY = Path(__file__).with_name("every_key.yaml")
TEN_MISTAKES = """
mode: enforced
regions: us-east-1
tag_prefix: aws
organization:
  accounts: [012345670123]
  exclude_acounts: []
refill_pools:
  schedule: rate(1 hours)
  pools:
    - match: {}
      low_water_percent: 60
    - match: {id: ipam-pool-0abc}
      supply: [10/8]
release_eips:
  grace: 5d
"""


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = tmp_path / "poolwarden.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def problems_of(path: Path) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as failure:
        load(path)
    return failure.value.problems


def test_the_file_that_a_user_starts_from_only_observes_and_tells_of_private_ipv4_pools() -> None:
    config = load(ROOT / "poolwarden.yaml")

    assert config.mode == "observe"
    assert list(config.remediations) == ["refill_pools"]
    assert config.refill_pools
    assert config.mode_of(config.refill_pools) == "observe"
    assert [rule.match.family for rule in config.refill_pools.pools] == ["ipv4"]


def test_defaults_are_filled_in(write: Callable[[str], Path]) -> None:
    config = load(write("refill_pools: {pools: [{match: {id: ipam-pool-0abc}}]}"))

    assert config.mode == "observe"
    assert config.tag_prefix == "poolwarden"
    assert config.regions == ()
    assert config.approval_expires == timedelta(days=3)
    assert config.ledger_retention == timedelta(days=400)
    assert config.notifications.minimum_severity == "info"
    assert config.refill_pools
    assert config.refill_pools.schedule == "rate(15 minutes)"
    assert config.refill_pools.max_provisions_per_day == 10
    [rule] = config.refill_pools.pools
    assert (rule.low_water_percent, rule.target_percent, rule.max_provisions_per_day) == (20, 40, 4)
    assert (rule.min_netmask_length, rule.max_netmask_length, rule.ready_netmask_length) == (None,) * 3
    assert rule.supply == ()


def test_a_sections_own_mode_overrides_the_global_one() -> None:
    config = load(EVERY_KEY)

    modes = {name: config.mode_of(section) for name, section in config.remediations.items()}
    assert modes == {**dict.fromkeys(REMEDIATIONS, "observe"), "refill_pools": "enforce"}


def test_a_configuration_cannot_be_changed() -> None:
    config = load(ROOT / "poolwarden.yaml")

    with pytest.raises(pydantic.ValidationError, match="frozen"):
        config.mode = "enforce"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ("{}", "refill_pools.pools has no rule: no pool is looked after"),
        ("{pools: []}", "refill_pools.pools has no rule: no pool is looked after"),
        ("{enabled: false}", ""),
        ("{pools: [{match: {scope: private}}]}", ""),
    ],
)
def test_a_section_without_a_rule_is_valid_and_told(
    write: Callable[[str], Path], capsys: pytest.CaptureFixture[str], section: str, told: str
) -> None:
    path = write(f"refill_pools: {section}")

    assert load_or_exit(path).refill_pools
    assert capsys.readouterr().err == (f"{path}: {told}\n" if told else "")


def test_ten_mistakes_give_ten_lines_in_the_order_of_the_file(write: Callable[[str], Path]) -> None:
    lines = problems_of(write(TEN_MISTAKES))

    assert lines == (
        'mode: "enforced" is not allowed: write observe, approve or enforce',
        'regions: "us-east-1" is not a list: write [a, b], or one item a line after a dash',
        'tag_prefix: "aws" is not allowed: tags that start with aws: are AWS\'s own',
        'organization.accounts[0]: 012345670123 is read by YAML as another number: put it in quotes, "012345670123"',
        "organization.exclude_acounts: is no key that is known here: did you mean exclude_accounts?",
        'refill_pools.schedule: "rate(1 hours)" is not a schedule that EventBridge takes: write rate(1 hour)',
        "refill_pools.pools[0].match: selects nothing: give at least one of id, tags, scope and family",
        "refill_pools.pools[0].low_water_percent: 60 must be less than target_percent (40, the default)",
        'refill_pools.pools[1].supply[0]: "10/8" is not a CIDR: write its first address and length, as in 10.64.0.0/10',
        "release_eips.grace: 5d must be more than warn_before (7d, the default)",
    )


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "is empty: write at least a mode, such as mode: observe"),
        ("# nothing yet\n", "is empty: write at least a mode, such as mode: observe"),
        ("mode: [observe", "YAML error in line 1, column 15: expected ',' or ']', but got '<stream end>'"),
        (
            "mode: observe\n\tregions: []",
            "YAML error in line 2, column 1: found character '\\t' that cannot start any token: indent with spaces",
        ),
        (
            "mode: a: b",
            "YAML error in line 1, column 8: mapping values are not allowed here: put text that has a colon in quotes",
        ),
        ("mode: observe\n  regions: []\n", "YAML error in line 2, column 10: mapping values are not allowed here: put"),
        (
            "a:\n    b: 1\n  c: 2\n",
            "YAML error in line 3, column 3: expected <block end>, but found '<block mapping start>'",
        ),
        ("mode: *other", "YAML error in line 1, column 7: found undefined alias 'other'"),
        ("mode: observe\n---\nmode: enforce", "YAML error in line 2, column 1: but found another document"),
        ("mode: !env MODE", "YAML error in line 1, column 7: the tag !env has no meaning in a configuration"),
        ("mode: !!python/object:os.path {}", "YAML error in line 1, column 7: the tag tag:yaml.org,2002:python"),
        ("regions: &all [*all]", "YAML error in line 1, column 10: an alias stands inside what it stands for"),
        ("[mode]: observe", "YAML error in line 1, column 1: a key must be text, not a list or a mapping"),
        ("mode: observe\nregions: \x00", "line 2 holds a character that YAML does not allow"),
        ("regions: " + "[" * 5000, "is nested too deeply to be a configuration"),
    ],
)
def test_a_file_that_is_no_yaml_gives_one_line_that_says_where(
    text: str, line: str, write: Callable[[str], Path]
) -> None:
    path = write(text)

    [problem] = problems_of(path)

    assert problem.startswith(f"{path}: {line}")
    assert "\n" not in problem


def test_a_missing_file_gives_one_line(tmp_path: Path) -> None:
    path = tmp_path / "poolwarden.yaml"

    assert problems_of(path) == (f"{path}: there is no such file",)


def test_a_file_that_cannot_be_read_gives_one_line(tmp_path: Path) -> None:
    assert problems_of(tmp_path) == (f"{tmp_path}: cannot be read: Is a directory",)


def test_a_file_that_is_not_in_utf_8_gives_one_line(tmp_path: Path) -> None:
    path = tmp_path / "poolwarden.yaml"
    path.write_bytes("mode: observe # Zürich".encode("latin-1"))

    assert problems_of(path) == (f"{path}: is not text in UTF-8, at byte 17",)


@pytest.mark.parametrize("text", ["- mode: observe", "observe", "42"])
def test_a_document_that_is_no_mapping_gives_one_line(text: str, write: Callable[[str], Path]) -> None:
    [problem] = problems_of(write(text))

    assert problem.startswith("the configuration: ")
    assert "is not a mapping: its keys are mode, tag_prefix, regions" in problem


def test_a_key_that_stands_twice_is_told_with_its_lines(write: Callable[[str], Path]) -> None:
    path = write("mode: observe\nrefill_pools:\n  enabled: true\n  enabled: false\nmode: observe\n")

    assert problems_of(path) == (
        "mode: stands twice, in lines 1 and 5: keep one",
        "refill_pools.enabled: stands twice, in lines 3 and 4: keep one",
    )


@pytest.mark.parametrize("written", ["012345670123", "012345678901"])
def test_an_account_id_that_yaml_reads_as_another_number_must_be_quoted(
    written: str, write: Callable[[str], Path]
) -> None:
    complaint = f'{written} is read by YAML as another number: put it in quotes, "{written}"'

    assert problems_of(write(f"organization: {{accounts: [{written}]}}")) == (f"organization.accounts[0]: {complaint}",)
    assert problems_of(write(f"contacts: {{{written}: a@example.com}}")) == (f"contacts.{written}: {complaint}",)


def test_a_number_in_exponent_form_is_no_account_id(write: Callable[[str], Path]) -> None:
    [problem] = problems_of(write("organization: {accounts: [1.2e11]}"))

    assert problem == (
        'organization.accounts[0]: "1.2e11" is not an account id: write its 12 digits in quotes, such as "111122223333"'
    )


def test_an_account_id_is_the_same_with_and_without_quotes(write: Callable[[str], Path]) -> None:
    path = write("contacts: {111122223333: a@example.com, '444455556666': b@example.com}")

    assert load(path).contacts == {"111122223333": "a@example.com", "444455556666": "b@example.com"}


def test_what_has_an_anchor_can_be_used_again(write: Callable[[str], Path]) -> None:
    path = write("notifications: {email: [&oncall a@example.com]}\ncontacts: {'111122223333': *oncall}")

    assert load(path).contacts == {"111122223333": "a@example.com"}


def test_a_remediation_can_stand_there_switched_off(write: Callable[[str], Path]) -> None:
    config = load(write("release_eips: {enabled: false, grace: 60d}"))

    assert config.release_eips
    assert not config.remediations


def test_a_command_prints_nothing_but_the_problems(
    write: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        load_or_exit(write("mode: on\ncolor: blue"))

    out, err = capsys.readouterr()
    assert ended.value.code == 1
    assert out == ""
    assert [line.split(":")[0] for line in err.splitlines()] == ["mode", "color"]


@pytest.mark.parametrize(
    ("text", "status", "out", "err"),
    [
        ("mode: observe", 0, "poolwarden.yaml is valid\n", ""),
        ("mode: 1", 1, "", "mode: 1 is not allowed: write observe, approve or enforce\n"),
    ],
)
def test_the_check_on_the_command_line(
    text: str, status: int, out: str, err: str, tmp_path: Path, write: Callable[[str], Path]
) -> None:
    write(text)

    check = subprocess.run(
        [sys.executable, "-m", "infra.config", "poolwarden.yaml"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (check.returncode, check.stdout, check.stderr) == (status, out, err)


@pytest.mark.parametrize(
    ("accounts", "named", "problem"),
    [
        (MOST_NAMED, "", ""),
        (MOST_NAMED + 1, "id: o-a1b2c3d4e5, ", ""),
        (
            MOST_NAMED + 1,
            "",
            "organization.id: is missing: a role can name no more than 60 accounts, and 61 are listed",
        ),
    ],
)
def test_more_accounts_than_a_policy_can_name_need_their_organization(
    write: Callable[[str], Path], accounts: int, named: str, problem: str
) -> None:
    ids = [f"{each:012d}" for each in range(1, accounts + 1)]
    path = write(f"organization: {{{named}accounts: {ids}}}\nalign_albs: {{}}\n")

    found = found_in(path, problem)
    assert [each.partition(";")[0] for each in found] == ([problem] if problem else [])


@pytest.mark.parametrize(
    ("modes", "stack_set", "problem"),
    [
        (MOST_MODES, "", ""),
        (MOST_MODES + 1, "", "names 201 accounts, and the template of PoolwardenSpoke has room for 200 (500 with"),
        (MOST_MODES + 1, "stack_set: {targets: [ou-ab12-11111111]}, ", ""),
        (
            MOST_MODES_OF_A_STACK_SET + 1,
            "stack_set: {targets: [ou-ab12-11111111]}, ",
            "names 501 accounts, and the template of PoolwardenSpoke has room for 500: lower",
        ),
    ],
)
def test_no_more_accounts_have_a_mode_of_their_own_than_a_template_has_room_for(
    write: Callable[[str], Path], modes: int, stack_set: str, problem: str
) -> None:
    named = ", ".join(f'"{each:012d}": observe' for each in range(1, modes + 1))
    members = f"id: o-a1b2c3d4e5, accounts: all, {stack_set}modes: {{{named}}}"
    path = write(f"organization: {{{members}}}\nalign_albs: {{}}\n")

    found = found_in(path, problem)
    assert [each.startswith(f"organization.modes: {problem}") for each in found] == ([True] if problem else [])


@pytest.mark.parametrize(
    ("contacts", "problem"),
    [
        (MOST_ADDRESSES - 1, ""),
        (MOST_ADDRESSES, "contacts: 201 addresses, with those of notifications.email, are more"),
    ],
)
def test_more_addresses_than_sns_filters_for_are_refused(
    write: Callable[[str], Path], contacts: int, problem: str
) -> None:
    addresses = {f"{each:012d}": f"team-{each}@example.com" for each in range(1, contacts + 1)}
    path = write(f"notifications: {{email: [oncall@example.com]}}\ncontacts: {addresses}\n")

    found = found_in(path, problem)
    assert [each.startswith(problem) for each in found] == ([True] if problem else [])


def found_in(path: Path, problem: str) -> tuple[str, ...]:
    """What is wrong with a configuration that is to have a problem; one that is to have none loads."""
    if problem:
        return tuple(problems_of(path))
    load(path)
    return ()
