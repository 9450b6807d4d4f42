"""How many examples the property tests draw: `make test-deep` has the profile `deep`."""

from hypothesis import settings

settings.register_profile("deep", max_examples=2_000, deadline=None)
