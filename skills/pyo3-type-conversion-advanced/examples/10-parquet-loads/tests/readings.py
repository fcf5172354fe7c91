"""Readings of meters to test and measure with, and what Python makes of them."""

import math
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

START, QUARTER = datetime(2026, 1, 1, tzinfo=UTC), timedelta(minutes=15)

Reading = tuple[str | None, datetime | None, float | None]


def load_profile(
    readings: Iterable[Reading],
    every: timedelta = timedelta(hours=1),
    gap: timedelta = timedelta(hours=2),
) -> dict[datetime, tuple[int, float, float]]:
    """Do what the package does, with Python objects."""
    last: dict[str, tuple[datetime, float]] = {}
    slots: dict[datetime, tuple[int, float, float]] = {}
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    for meter, time, register in readings:
        if meter is None or time is None or register is None or not math.isfinite(register):
            continue
        old = last.get(meter)
        if old is not None and time <= old[0]:
            continue
        last[meter] = (time, register)
        if old is None or register < old[1] or time - old[0] > gap:
            continue
        start = epoch + (time - timedelta(microseconds=1) - epoch) // every * every
        count, energy, largest = slots.get(start, (0, 0.0, 0.0))
        used = register - old[1]
        slots[start] = (count + 1, energy + used, max(largest, used))
    return slots


def quarters(meters: int, readings: int) -> Iterator[Any]:
    """Return batches of readings, one for each meter: registers that go up at random."""
    epoch = pa.scalar(START)
    times = pc.add(pa.array(range(readings), pa.int64()), 0)
    times = pc.multiply(times, int(QUARTER / timedelta(microseconds=1))).cast(pa.duration("us"))
    times = pc.add(times, epoch.cast(pa.timestamp("us", "UTC")))
    for meter in range(meters):
        used = pc.random(readings, initializer=meter)
        names = pa.DictionaryArray.from_arrays(pa.nulls(readings, pa.int32()).fill_null(0), [f"DE{meter:08}"])
        columns = {
            "meter": names.cast(pa.string()),
            "time": times,
            "voltage": pc.add(used, 230).cast(pa.float32()),
            "register": pc.cumulative_sum(used),
        }
        yield pa.record_batch(columns)


def write(path: Path, meters: int, readings: int) -> None:
    """Write a file, in row groups of about a million readings."""
    batches, group = quarters(meters, readings), max(1_000_000 // readings, 1)
    first = next(batches)
    with pq.ParquetWriter(path, first.schema, use_dictionary=["meter"]) as writer:
        part = [first]
        for batch in batches:
            if len(part) == group:
                writer.write_table(pa.Table.from_batches(part))
                part = []
            part.append(batch)
        writer.write_table(pa.Table.from_batches(part))
