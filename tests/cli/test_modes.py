"""The modes that the command line shows: those of the accounts where the functions work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cli.plan import modes_of
from cli.status import mode_of
from infra.config import validate
from lambdas.common.settings import Settings

if TYPE_CHECKING:
    from lambdas.common.settings import Mode

HUB, MEMBER = "123456789012", "111122223333"


def document(modes: dict[str, Mode] | None) -> dict[str, Any]:
    """A configuration whose two remediations enforce, in an organisation with these modes or in none."""
    organization = {} if modes is None else {"organization": {"accounts": [HUB, MEMBER], "modes": modes}}
    config = {"mode": "enforce", "refill_pools": {}, "release_eips": {}, "notifications": {"email": ["a@example.com"]}}
    return validate({**config, **organization}).runtime_settings()


@pytest.mark.parametrize(
    ("modes", "members", "expected"),
    [
        (None, False, ("enforce", "enforce")),
        ({MEMBER: "observe"}, False, ("enforce", "enforce")),
        ({HUB: "observe"}, False, ("observe", "observe")),
        ({HUB: "observe"}, True, ("observe", "enforce")),
    ],
)
def test_a_plan_shows_the_accounts_own_mode_where_a_remediation_was_looked_for_in_it_alone(
    modes: dict[str, Mode] | None,
    members: bool,  # noqa: FBT001
    expected: tuple[Mode, Mode],
) -> None:
    shown = modes_of(Settings.from_document(document(modes)), account=HUB, members=members)
    assert shown == dict(zip(("refill_pools", "release_eips"), expected, strict=True))


def test_the_status_shows_the_hubs_own_mode_for_the_function_that_works_there_alone() -> None:
    conf = document({HUB: "approve", MEMBER: "observe"})
    shown = [mode_of(name, conf, account=HUB) for name in ("refill_pools", "release_eips", "align_albs", "operate")]
    assert shown == ["approve", "enforce", None, None]
    assert mode_of("refill_pools", document(None), account=HUB) == "enforce"
