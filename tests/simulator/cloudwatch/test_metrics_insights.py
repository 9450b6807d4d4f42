# ruff: noqa: S608 - these queries read metrics: there is nothing to inject into
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.cloudwatch import insights
from simulator.cloudwatch.insights_syntax import Comparison, Junction, Query, is_query, parse
from simulator.cloudwatch.metrics import MetricStore
from simulator.cloudwatch.syntax import ExpressionError


def pools(**percent_by_pool: float) -> MetricStore:
    store = MetricStore()
    for pool, percent in percent_by_pool.items():
        store.put("AWS/IPAM", "PercentAvailable", {"PoolID": pool, "Locale": "us-east-1"}, 0, percent)
    return store


def result(text: str, store: MetricStore, *, end: float = 60) -> list[tuple[dict[str, str], dict[float, float]]]:
    found = insights.run(parse(text), store, period=60, start=0, end=end)
    return [(dict(series.attributes), dict(series.values)) for series in found.series]


def attributes(text: str, store: MetricStore) -> list[str]:
    return [" ".join(found.values()) for found, _ in result(text, store)]


def test_a_query_is_told_from_metric_math_by_its_first_word() -> None:
    assert is_query(' select MIN(a) FROM "b"')
    assert not is_query("SELECTED + 1")
    assert not is_query("m1 / m2")


def equals(label: str, value: str) -> Comparison:
    return Comparison(label=label, value=value, equal=True)


def test_every_clause_is_read() -> None:
    query = parse(
        'select Min(PercentAvailable) from schema("AWS/IPAM", PoolID, "Locale") '
        "where PoolID != 'ipam-pool-1' and (\"Locale\" = 'us-east-1' or \"Locale\" = 'eu-west-1') "
        'group by PoolID, "Locale" order by avg() desc limit 7;'
    )
    locales = Junction(parts=(equals("Locale", "us-east-1"), equals("Locale", "eu-west-1")), every=False)
    others = Comparison(label="PoolID", value="ipam-pool-1", equal=False)
    assert query == Query(
        function="MIN",
        metric="PercentAvailable",
        namespace="AWS/IPAM",
        schema=frozenset({"PoolID", "Locale"}),
        where=Junction(parts=(others, locales), every=True),
        group_by=("PoolID", "Locale"),
        order_by="AVG",
        descending=True,
        limit=7,
    )


def test_a_quoted_name_may_hold_any_character_and_escaped_quotes() -> None:
    query = parse("""SELECT AVG("Bytes \\"In\\"") FROM Custom_1 WHERE "my-dim" = 'it\\'s'""")
    assert query.metric == 'Bytes "In"'
    assert query.where == equals("my-dim", "it's")


@pytest.mark.parametrize(
    ("text", "position", "message"),
    [
        ("SELECT", 6, "one of AVG, COUNT, MAX, MIN, SUM"),
        ('SELECT MEDIAN(a) FROM "b"', 7, "one of AVG"),
        ("SELECT MIN(a) FROM AWS/IPAM", 22, "'/'"),
        ("SELECT MIN(a) FROM 'AWS/IPAM'", 19, "a namespace"),
        ('SELECT MIN(a) FROM "b" WHERE c = "d"', 33, "single quotes"),
        ("SELECT MIN(a) FROM \"b\" WHERE c > 'd'", 31, "'>'"),
        ("SELECT MIN(a) FROM b GROUP BY Locale", 30, "Reserved word 'Locale'"),
        ("SELECT MIN(a) FROM b GROUP PoolID", 27, "Expected BY"),
        ("SELECT MIN(a) FROM b ORDER BY MIN(a)", 34, "Expected )"),
        ("SELECT MIN(a) FROM b LIMIT 501", 27, "from 1 to 500"),
        ("SELECT MIN(a) FROM b LIMIT 5 PoolID", 29, "the end of the query"),
        ("SELECT MIN(a) FROM b LIMIT 5 GROUP BY c", 29, "the end of the query"),
        ("SELECT MIN(a) FROM b WHERE tag.env = 'prod'", 30, "'.'"),
        ("SELECT MIN(a) FROM b WHERE " + "(" * 60, 78, "Too deeply nested"),
    ],
)
def test_a_mistake_is_reported_with_its_position(text: str, position: int, message: str) -> None:
    with pytest.raises(ExpressionError) as raised:
        parse(text)
    assert raised.value.position == position
    assert message in str(raised.value)
    assert f"position {position}" in str(raised.value)


def position_of_mistake(text: str) -> int | None:
    try:
        parse(text)
    except ExpressionError as error:
        return error.position
    return 0


@given(st.text(max_size=60) | st.text(alphabet="SELCTMINFROWHGUPBYDA()\"'=, ", max_size=80))
def test_any_text_is_a_query_or_has_a_mistake_somewhere_in_it(text: str) -> None:
    position = position_of_mistake(text)
    assert position is not None
    assert 0 <= position <= len(text)


def test_a_plain_namespace_matches_whatever_the_dimensions_and_a_schema_exactly_its_own() -> None:
    store = MetricStore()
    store.put("AWS/IPAM", "PercentAvailable", {}, 0, 1)
    store.put("AWS/IPAM", "PercentAvailable", {"PoolID": "a"}, 0, 10)
    store.put("AWS/IPAM", "PercentAvailable", {"PoolID": "a", "Locale": "x"}, 0, 100)

    def total(source: str) -> list[float]:
        return [values[0] for _, values in result(f"SELECT SUM(PercentAvailable) FROM {source}", store)]

    assert total('"AWS/IPAM"') == [111]
    assert total('SCHEMA("AWS/IPAM")') == [1]
    assert total('SCHEMA("AWS/IPAM", PoolID)') == [10]
    assert total('SCHEMA("AWS/IPAM", "Locale", PoolID)') == [100]
    assert total('SCHEMA("AWS/IPAM", "Locale")') == []
    assert total('"AWS/EC2"') == []


@pytest.mark.parametrize(("function", "expected"), [("AVG", 5.0), ("COUNT", 3), ("MAX", 9), ("MIN", 1), ("SUM", 15)])
def test_each_function_aggregates_all_observations_of_a_period(function: str, expected: float) -> None:
    store = pools(a=1, b=5, c=9)
    assert result(f'SELECT {function}(PercentAvailable) FROM "AWS/IPAM"', store) == [({}, {0: expected})]


def test_where_keeps_and_drops_by_value_and_never_sees_a_metric_without_the_dimension() -> None:
    store = pools(a=1, b=2)
    store.put("AWS/IPAM", "PercentAvailable", {"ScopeID": "s"}, 0, 3)
    select = 'SELECT MIN(PercentAvailable) FROM "AWS/IPAM"'
    assert attributes(f"{select} WHERE PoolID = 'a' GROUP BY PoolID", store) == ["a"]
    assert attributes(f"{select} WHERE PoolID != 'a' GROUP BY PoolID", store) == ["b"]
    either = "PoolID = 'a' OR PoolID = 'b' AND \"Locale\" = 'nowhere'"
    assert attributes(f"{select} WHERE {either} GROUP BY PoolID", store) == ["a"]


def test_metrics_without_the_group_by_dimension_are_together_one_series_named_other() -> None:
    store = pools(a=10)
    store.put("AWS/IPAM", "PercentAvailable", {"ScopeID": "s1"}, 0, 30)
    store.put("AWS/IPAM", "PercentAvailable", {"ScopeID": "s2"}, 0, 50)
    found = result('SELECT MIN(PercentAvailable) FROM "AWS/IPAM" GROUP BY PoolID ORDER BY MIN() ASC', store)
    assert found == [({"PoolID": "a"}, {0: 10}), ({"PoolID": "Other"}, {0: 30})]


def test_groups_are_ordered_by_label_unless_order_by_says_otherwise() -> None:
    store = pools(c=5, a=9, b=1)
    select = 'SELECT MIN(PercentAvailable) FROM "AWS/IPAM" GROUP BY PoolID'
    assert attributes(select, store) == ["a", "b", "c"]
    assert attributes(f"{select} ORDER BY MIN()", store) == ["b", "c", "a"]
    assert attributes(f"{select} ORDER BY MIN() DESC LIMIT 2", store) == ["a", "c"]


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        ("AVG", ["steady", "spiky"]),
        ("MAX", ["steady", "spiky"]),
        ("MIN", ["spiky", "steady"]),
        ("SUM", ["spiky", "steady"]),
        ("COUNT", ["spiky", "steady"]),
    ],
)
def test_order_by_ranks_each_series_by_one_value_over_the_whole_range(function: str, expected: list[str]) -> None:
    store = MetricStore()
    for at, value in ((0, 1), (60, 9.5)):
        store.put("App", "Load", {"Host": "spiky"}, at, value)
    for at, value in ((0, 4), (60, 6), (120, 5)):
        store.put("App", "Load", {"Host": "steady"}, at, value)
    query = f"SELECT SUM(Load) FROM App GROUP BY Host ORDER BY {function}() ASC"
    assert [found["Host"] for found, _ in result(query, store, end=180)] == expected


def test_no_more_than_500_series_come_out_and_that_is_said() -> None:
    store = pools(**{f"pool{index:04}": index for index in range(501)})
    found = insights.run(
        parse('SELECT MIN(PercentAvailable) FROM "AWS/IPAM" GROUP BY PoolID'),
        store,
        period=60,
        start=0,
        end=60,
    )
    assert len(found.series) == 500
    assert found.partial


def test_no_more_than_10000_metrics_go_in_and_that_is_said() -> None:
    store = pools(**{f"pool{index}": 1 for index in range(10_001)})
    query = parse('SELECT COUNT(PercentAvailable) FROM "AWS/IPAM"')
    found = insights.run(query, store, period=60, start=0, end=60)
    assert [dict(series.values) for series in found.series] == [{0: 10_000}]
    assert found.partial


def test_a_metric_without_data_in_the_range_is_not_seen() -> None:
    store = pools(a=1)
    store.put("AWS/IPAM", "PercentAvailable", {"PoolID": "b"}, 60, 2)
    query = 'SELECT MIN(PercentAvailable) FROM "AWS/IPAM" GROUP BY PoolID'
    assert attributes(query, store) == ["a"]
