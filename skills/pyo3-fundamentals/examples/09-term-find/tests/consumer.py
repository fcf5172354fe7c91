"""What a user of the package may write; `test_types.py` gives it to mypy and runs it."""

from term_find import Match, Matches, Terms


def places(matches: Matches) -> list[tuple[int, int]]:
    """Return where the matches begin and end."""
    return [(match.start, match.end) for match in matches]


# region: consumer
cities = Terms(["York", "New York"], prefer="longest", ignore_case=True)
overlaps: list[Match] = Terms(["York", "New York"], prefer="any").overlapping("New York")
text: str = cities.replace("from york to New York", ["Y", "NY"])
print(len(cities), len(overlaps), places(cities.find("in new york")), text)
# endregion: consumer


def mistakes() -> None:
    """Hold the comments to what mypy finds: it reports those that suppress nothing."""
    Terms([1])  # type: ignore[list-item]
    Terms(["York"], "longest")  # type: ignore[call-arg]
    cities.find(text="York")  # type: ignore[call-arg]
    next(cities.find("York")).start = 0  # type: ignore[misc]
