"""The account that the function is woken in, where a test wants one that answers as EC2 does in every detail."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lambdas.release_eips.evidence import Examiner
from simulator import elastic_ips
from tests.lambdas.release_eips.function import RELEASES
from tests.lambdas.release_eips.person import Person

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def person(aws: None, configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> Person:  # noqa: ARG001
    elastic_ips.install()
    # moto's CloudFormation needs more than is installed; the scenarios have another one.
    monkeypatch.setattr(Examiner, "_stack", lambda _examiner, _address: None)
    configure(release_eips=RELEASES)
    return Person()
