"""Organisations to try Poolwarden on, each built through the public API alone."""
