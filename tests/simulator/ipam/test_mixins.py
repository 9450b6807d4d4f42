"""The mixins of EC2Backend and EC2Response share one namespace, in which a helper must not hide another's."""

from __future__ import annotations

from collections import Counter

import pytest
from moto.ec2.models import EC2Backend
from moto.ec2.responses import EC2Response

from simulator import elastic_ips


@pytest.mark.parametrize("combined", [EC2Backend, EC2Response])
def test_no_helper_of_one_mixin_hides_that_of_another(combined: type) -> None:
    elastic_ips.install()
    helpers = Counter(
        name
        for mixin in combined.__mro__[1:]
        for name in vars(mixin)
        if name.startswith("_") and not name.startswith("__")
    )
    assert {name for name, number in helpers.items() if number > 1} - {"_abc_impl"} == set()
