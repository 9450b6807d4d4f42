"""What the cold start measures: each function with every client it can make, beside bare handlers."""

from __future__ import annotations

import pytest

from bench import start_up
from bench.result import OURS


def test_the_services_of_a_function_are_those_that_its_modules_name() -> None:
    services = start_up.services_of("release_eips")
    assert {"cloudformation", "dynamodb", "ec2", "route53", "ssm"} <= set(services)
    assert "elbv2" not in services


@pytest.mark.deep
def test_a_function_starts_in_less_than_twice_the_time_of_a_bare_handler() -> None:
    found = start_up.measure(("release_eips",), repeated=1)
    assert [row.contender for row in found.rows] == [OURS, start_up.BARE, start_up.BARE_IN_OUR_ASSET]
    ours, bare, _ = (row.figures[start_up.RATIO.name].median for row in found.rows)
    assert bare == 1
    assert ours < 2
