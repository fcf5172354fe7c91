"""What the chapter on versions says."""

import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from fundamentals_snippets._core import versions as snippets


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


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have another sed")
def test_plain_renames_are_made_by_sed() -> None:
    old = "fn f() -> PyObject { py.import_bound(m).downcast_into::<T>(); list.downcast_bound(py); with_gil(g) }"
    new = "fn f() -> Py<PyAny> { py.import(m).cast_into::<T>(); list.cast_bound(py); attach(g) }"
    script = Path(__file__).resolve().parent.parent / "rename.sed"
    command = ["sed", "-E", "-f", str(script)]
    for text in (old, new):
        assert subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout == new
