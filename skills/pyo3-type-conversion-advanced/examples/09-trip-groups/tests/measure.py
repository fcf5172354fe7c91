"""Measure grouping beside others; `uv run maturin develop --release` first, a debug build says nothing."""

import time
from collections.abc import Callable
from typing import Any

import duckdb
import polars as pl
import pyarrow.compute as pc
import reference
from trip_groups import TripGroups

COUNT, ZONES, SEED = 4_000_000, 260, 3


def trips() -> Any:
    """Return trips of a city: durations of a few minutes to some hours, some of them unknown."""
    query = f"""
        select 'zone ' || (hash(range, {SEED}) % {ZONES}) as zone,
            case when hash(range, 1) % 50 != 0
            then exp(6.5 + 0.8 * (ln((hash(range, 2) % 10000 + 1) / (hash(range, 4) % 10000 + 1)))) end as seconds
        from range({COUNT})
    """  # noqa: S608, the numbers are those above
    relation: Any = duckdb.sql(query)
    return relation.to_arrow_table()


def by_trip_groups(table: Any) -> int:
    """Group with this package."""
    groups = TripGroups("zone", "seconds")
    groups.add(table)
    return pl.DataFrame(groups).height


def by_pyarrow(table: Any) -> int:
    """Group with pyarrow, quantiles by t-digests."""
    digest = pc.TDigestOptions(q=[0.5, 0.95])
    wanted = [("seconds", "count"), ("seconds", "sum"), ("seconds", "mean"), ("seconds", "tdigest", digest)]
    return int(table.group_by("zone").aggregate(wanted).num_rows)


def by_polars(table: Any) -> int:
    """Group with polars in all threads that it wants, quantiles exact."""
    seconds = pl.col("seconds")
    wanted = [seconds.len().alias("n"), seconds.sum(), seconds.mean().alias("mean")]
    wanted += [seconds.quantile(0.5).alias("p50"), seconds.quantile(0.95).alias("p95")]
    frame = pl.DataFrame(table)
    return frame.group_by("zone").agg(wanted).height


def by_duckdb(trip_table: Any) -> int:
    """Group with DuckDB in all threads that it wants, quantiles by t-digests."""
    query = "select zone, count(*), sum(seconds), avg(seconds), approx_quantile(seconds, [0.5, 0.95]) from trip_table"
    relation: Any = duckdb.sql(query + " group by zone")
    return len(relation.fetchall())


def in_python(table: Any) -> int:
    """Group rows, which become Python objects for that."""
    columns = (table["zone"].to_pylist(), table["seconds"].to_pylist())
    groups = reference.group(zip(*columns, strict=True))
    return len(
        [(group.trips, sum(group.values), group.quantile(0.5), group.quantile(0.95)) for group in groups.values()]
    )


def measure(title: str, work: Callable[[Any], int], table: Any, runs: int = 5) -> None:
    """Print the shortest of some runs."""
    best = float("inf")
    for _ in range(runs):
        start = time.perf_counter()
        assert work(table) == ZONES
        best = min(best, time.perf_counter() - start)
    print(f"{title:<36}{best:>8.3f} s")


def main() -> None:
    """Group the same trips, by text and by codes that stand for it."""
    table = trips()
    coded = table.set_column(0, "zone", table["zone"].dictionary_encode())
    print(f"{COUNT} trips, {table.nbytes / 1e6:.0f} MB")
    for title, trip_table in (("text", table), ("dictionary", coded)):
        measure(f"trip_groups, {title}", by_trip_groups, trip_table)
        measure(f"pyarrow, {title}", by_pyarrow, trip_table)
        measure(f"polars, {title}", by_polars, trip_table)
        measure(f"DuckDB, {title}", by_duckdb, trip_table)
    measure("Python", in_python, table, runs=1)


if __name__ == "__main__":
    main()
