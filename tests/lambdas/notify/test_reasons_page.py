"""The page of reason codes and the messages say the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lambdas.notify import plan, texts
from tests.lambdas.notify.test_texts import ANY, MEANS, REASONS

PAGE = Path(__file__).parents[3] / "docs" / "reasons.md"
HEADINGS = {
    "refill_pools": "Pools",
    "release_eips": "Elastic IPs",
    "align_albs": "Application",
    "extend_vpcs": "VPCs",
    "any": "All of them",
}


def rows(remediation: str) -> dict[str, str]:
    """What to do by code, in the table of a remediation."""
    section = PAGE.read_text(encoding="utf-8").partition(f"\n## {HEADINGS[remediation]}")[2].partition("\n## ")[0]
    return dict(re.findall(r"^\| `([a-z-]+)` \| [^|]+ \| ([^|]+) \|$", section, re.MULTILINE))


@pytest.mark.parametrize("remediation", sorted(HEADINGS))
def test_every_code_is_on_the_page_with_the_advice_that_messages_give(remediation: str) -> None:
    codes = ANY if remediation == "any" else REASONS[remediation]
    advice = plan.ADVICE if remediation == "any" else texts.of({"remediation": remediation}).ADVICE
    page = rows(remediation)
    assert set(page) == set(codes.split())
    told = {code: text.format(prefix=MEANS.tag_prefix) for code, text in advice.items()}
    assert {code: page[code] for code in told} == told
