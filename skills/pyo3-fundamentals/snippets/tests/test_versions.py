"""What the chapter on versions says."""

import re
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from fundamentals_snippets._core import versions as snippets

SKILL = Path(__file__).resolve().parent.parent.parent


def test_prices_are_taken_and_made() -> None:
    total = snippets.total([Decimal("19.99"), 1, 0.5])
    assert isinstance(total, Decimal)
    assert total == Decimal("21.49")


def test_prices_are_exact_or_refused() -> None:
    assert snippets.total([Decimal("90071992547409.93")]) == Decimal("90071992547409.93")
    assert snippets.total([19.99]) == Decimal("19.99")
    for price, error in [
        (float("nan"), ValueError),
        (float("inf"), OverflowError),
        (2**63, OverflowError),
        ("1", TypeError),
    ]:
        with pytest.raises(error):
            snippets.total([price])
    with pytest.raises(OverflowError, match="the total does not fit into 64 bits"):
        snippets.total([Decimal(2**63 - 1) / 100, Decimal("0.01")])


def test_what_is_no_number_is_skipped() -> None:
    assert snippets.joined([1, "and", 2, None]) == "1 and 2"
    assert snippets.joined(["a", "b"], separator="-") == "a-b"


@pytest.mark.skipif(sys.version_info < (3, 11), reason="tomllib came with 3.11")
def test_the_table_of_lines_is_that_of_the_doctor() -> None:
    import tomllib

    data = SKILL.parents[1] / "scaffolder" / "anatomy" / "versions.toml"
    lines = tomllib.loads(data.read_text(encoding="utf-8"))["series"]
    expected = {
        (line["name"], *line["python"], line.get("free_threaded", "-").removesuffix("t"), line["rust"])
        for line in lines
        if float(line["name"]) >= 0.20
    }
    text = (SKILL / "references" / "versions.md").read_text(encoding="utf-8")
    row = re.compile(r"^\| (0\.\d\d) \| (3\.\d+) to (3\.\d+) \| (\S+?)t? \| (1\.\d\d) \|", re.MULTILINE)
    assert set(row.findall(text)) == expected
