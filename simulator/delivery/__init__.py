"""Delivery as AWS does it, on the simulated clock: retries, retry policies and dead letters, nothing lost."""
