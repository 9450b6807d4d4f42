from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.cloudwatch.metrics import MetricStore, is_statistic

POOL = {"PoolID": "ipam-pool-1"}


def store_with(*datapoints: tuple[float, float]) -> MetricStore:
    store = MetricStore()
    for timestamp, value in datapoints:
        store.put("AWS/IPAM", "PercentAvailable", POOL, timestamp, value)
    return store


def statistic(store: MetricStore, stat: str, *, period: float = 60, end: float = 600) -> list[tuple[float, float]]:
    return store.statistic("AWS/IPAM", "PercentAvailable", POOL, stat, period, 0, end)


@pytest.mark.parametrize(
    ("stat", "expected"),
    [
        ("SampleCount", 4),
        ("Sum", 100),
        ("Average", 25),
        ("Minimum", 10),
        ("Maximum", 40),
        ("p50", 20),
        ("p99.9", 40),
        ("p0", 10),
    ],
)
def test_each_statistic_is_taken_over_the_observations_of_a_period(stat: str, expected: float) -> None:
    store = store_with((0, 40), (10, 10), (20, 20), (59, 30))
    assert statistic(store, stat) == [(0, expected)]


def test_a_datapoint_belongs_to_the_period_that_starts_with_it_and_not_to_the_one_that_ends_there() -> None:
    store = store_with((0, 1), (60, 2), (120, 3))
    assert statistic(store, "Sum", end=120) == [(0, 1), (60, 2)]


def test_a_period_without_data_is_left_out() -> None:
    assert statistic(store_with((0, 1), (180, 2)), "Sum") == [(0, 1), (180, 2)]


def test_datapoints_may_arrive_in_any_order() -> None:
    assert statistic(store_with((120, 3), (0, 1), (60, 2)), "Sum") == [(0, 1), (60, 2), (120, 3)]


@pytest.mark.parametrize("dimensions", [{}, {"PoolID": "ipam-pool-2"}, {**POOL, "Locale": "us-east-1"}])
def test_dimensions_match_only_as_a_whole(dimensions: dict[str, str]) -> None:
    store = store_with((0, 1))
    assert store.statistic("AWS/IPAM", "PercentAvailable", dimensions, "Sum", 60, 0, 60) == []


def test_a_unit_asked_for_leaves_out_data_in_other_units() -> None:
    store = MetricStore()
    store.put("App", "Latency", {}, 0, 7, "Seconds")
    store.put("App", "Latency", {}, 0, 7000, "Milliseconds")
    assert store.statistic("App", "Latency", {}, "Sum", 60, 0, 60, unit="Seconds") == [(0, 7)]
    assert store.statistic("App", "Latency", {}, "Sum", 60, 0, 60) == [(0, 7007)]


def test_a_count_stands_for_that_many_equal_observations() -> None:
    store = MetricStore()
    store.put("App", "Latency", {}, 0, 2.0, count=9)
    store.put("App", "Latency", {}, 0, 12.0)
    assert store.statistic("App", "Latency", {}, "Average", 60, 0, 60) == [(0, 3.0)]
    assert store.statistic("App", "Latency", {}, "p90", 60, 0, 60) == [(0, 2.0)]


def test_a_statistic_set_has_every_statistic_but_percentiles() -> None:
    store = MetricStore()
    store.put_statistic_set("App", "Latency", {}, 0, sample_count=4, total=10, minimum=1, maximum=5)
    values = {stat: store.statistic("App", "Latency", {}, stat, 60, 0, 60) for stat in ("Average", "Maximum", "p90")}
    assert values == {"Average": [(0, 2.5)], "Maximum": [(0, 5)], "p90": []}


def test_a_sample_count_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="above 0"):
        MetricStore().put("App", "Latency", {}, 0, 1, count=0)


def test_an_unknown_statistic_is_refused_rather_than_guessed() -> None:
    assert not is_statistic("p101")
    assert not is_statistic("IQM")
    with pytest.raises(ValueError, match="IQM"):
        statistic(store_with((0, 1)), "IQM")


def test_series_lists_a_metric_once_for_each_set_of_dimensions() -> None:
    store = store_with((0, 1))
    store.put("AWS/IPAM", "PercentAvailable", {"PoolID": "ipam-pool-2"}, 0, 2)
    store.put("AWS/IPAM", "PercentAssigned", POOL, 0, 3)
    found = {dimensions["PoolID"]: len(points) for dimensions, points in store.series("AWS/IPAM", "PercentAvailable")}
    assert found == {"ipam-pool-1": 1, "ipam-pool-2": 1}


def test_data_older_than_the_retention_is_forgotten_even_of_metrics_that_nobody_feeds_any_more() -> None:
    store = MetricStore(retention=1_000)
    store.put("App", "Gone", {}, 0, 1)
    store.put("App", "Alive", {}, 2_000, 1)
    store.put("App", "Late", {}, 500, 1)
    assert [len(list(store.series("App", name))) for name in ("Gone", "Alive", "Late")] == [0, 1, 0]


@given(
    values=st.lists(st.tuples(st.integers(0, 599), st.integers(-50, 50)), min_size=1, max_size=40),
    period=st.sampled_from([60, 120, 300]),
)
def test_the_periods_of_a_range_partition_its_observations(values: list[tuple[int, int]], period: int) -> None:
    store = store_with(*values)
    counts = statistic(store, "SampleCount", period=period)
    sums = statistic(store, "Sum", period=period)
    assert sum(count for _, count in counts) == len(values)
    assert sum(total for _, total in sums) == sum(value for _, value in values)
    assert all(at % period == 0 for at, _ in counts)
