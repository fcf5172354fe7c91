"""The same in Python: the reference for tests, and what runs where there is no library."""

from sensorlog.errors import ParseError


# region: python
def means(text: str) -> dict[str, float]:
    """Return the mean of each sensor's readings."""
    sums: dict[str, tuple[float, int]] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if not line:
            continue
        sensor, _, value = line.partition(" ")
        try:
            reading = float(value)
        except ValueError as error:
            raise ParseError(f"line {number}: not a number", number) from error
        total, count = sums.get(sensor, (0.0, 0))
        sums[sensor] = (total + reading, count + 1)
    return {sensor: total / count for sensor, (total, count) in sorted(sums.items())}


# endregion: python
