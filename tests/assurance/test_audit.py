"""An audit tells what is known from what could not be asked."""

from __future__ import annotations

import json

import pytest

from assurance import audit

CLEAN = json.dumps({"dependencies": [{"name": "six", "version": "1.17.0", "vulns": []}], "fixes": []})
VULNERABLE = json.dumps(
    {"dependencies": [{"name": "six", "version": "1.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1"]}]}]}
)
SKIPPED = json.dumps({"dependencies": [{"name": "six", "skip_reason": "Dependency not found on PyPI"}]})
UNREACHABLE = "Traceback\nrequests.exceptions.ConnectionError: failed to resolve"


def found(answer: str) -> audit.Findings:
    return audit.read_pip_audit(answer, lock_file="lambdas.txt")


@pytest.mark.parametrize(
    ("answers", "status"),
    [([CLEAN], 0), ([CLEAN, SKIPPED], 2), ([UNREACHABLE], 2), (["null"], 2), ([SKIPPED, VULNERABLE], 1)],
)
def test_no_answer_is_no_clean_bill(answers: list[str], status: int) -> None:
    assert audit.verdict([found(answer) for answer in answers]) == status


def test_a_vulnerability_is_named_with_the_version_that_mends_it() -> None:
    assert found(VULNERABLE).vulnerabilities == ("six 1.0: PYSEC-1, fixed in 1.1",)


def test_what_cannot_be_asked_says_why() -> None:
    assert found(UNREACHABLE).unasked == ("requests.exceptions.ConnectionError: failed to resolve",)
    assert found("").unasked == ("no answer",)


def test_npms_answers_are_read_alike() -> None:
    vulnerable = {"vulnerabilities": {"left-pad": {"range": "<1.3", "severity": "high"}}}

    assert audit.read_npm_audit(json.dumps(vulnerable)).vulnerabilities == ("left-pad <1.3: high",)
    assert audit.read_npm_audit(json.dumps({"vulnerabilities": {}})).unasked == ()
    assert audit.read_npm_audit(json.dumps({"message": "405 Not Allowed", "error": {}})).unasked == ("405 Not Allowed",)
