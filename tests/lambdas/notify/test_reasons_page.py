"""The page of reason codes and the messages say the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lambdas.notify import plan, texts
from tests.lambdas.notify.test_texts import ANY, MEANS, REASONS

PAGE = Path(__file__).parents[3] / "docs" / "reasons.md"


def rows(remediation: str) -> dict[str, str]:
    """What to do by code, in the table under the heading that names a remediation."""
    headed = "All of them" if remediation == "any" else f"(`{remediation}`)"
    sections = PAGE.read_text(encoding="utf-8").split("\n## ")
    (section,) = [each for each in sections if each.partition("\n")[0].endswith(headed)]
    return dict(re.findall(r"^\| `([a-z-]+)` \| [^|]+ \| ([^|]+) \|$", section, re.MULTILINE))


@pytest.mark.parametrize("remediation", [*sorted(REASONS), "any"])
def test_every_code_is_on_the_page_with_the_advice_that_messages_give(remediation: str) -> None:
    codes = ANY if remediation == "any" else REASONS[remediation]
    advice = plan.ADVICE if remediation == "any" else texts.of({"remediation": remediation}).ADVICE
    page = rows(remediation)
    assert set(page) == set(codes.split())
    told = {code: text.format(prefix=MEANS.tag_prefix) for code, text in advice.items()}
    assert {code: page[code] for code in told} == told
