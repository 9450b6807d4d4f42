"""What is not tested by `make test` but should be known of it: see docs/testing.md."""
