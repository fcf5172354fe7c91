"""Each planted fault is reported, by a test that fails; functions without one are not."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.tools.numpy_validator.conftest import cells
from tests.tools.results import chapters_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tools.numpy_validator.conftest import Validate

PAIR = ("--call", "f(a, b)")
IN_PLACE = ("--inplace",)
# The function, what is reported of which row, and how it is called.
FAULTS: list[tuple[str, str, str, tuple[str, ...]]] = [
    ("ignores_strides", "wrong-result", "strided", ()),
    ("encodes_memory", "wrong-result", "strided", ()),
    ("names_memory", "wrong-result", "strided", ()),
    ("ignores_order", "wrong-result", "Fortran order", ("--shape", "(n, m)")),
    ("ignores_byte_order", "wrong-result", "swapped bytes", ()),
    ("ignores_dtype", "wrong-result", "contiguous", ("--reference", "np.sum(a)", "--dtypes", "int64")),
    ("writes_read_only", "read-only-written", "read-only", IN_PLACE),
    ("replaces_in_read_only", "read-only-written", "read-only", IN_PLACE),
    ("mutates", "input-changed", "contiguous", ()),
    ("writes_around", "input-changed", "contiguous", IN_PLACE),
    ("keeps", "input-kept", "contiguous", ()),
    ("aliases", "result-aliases", "contiguous", ("--reference", "a.copy()")),
    ("swaps_nan", "wrong-result", "NaN", ("--reference", "np.max(a, initial=-np.inf)")),
    ("loses_infinity", "wrong-result", "infinite", ("--reference", "a.copy()")),
    ("flushes_subnormal", "wrong-result", "subnormal", ("--reference", "np.where(a == 0, 1.0, 1 / a)")),
    ("overflows", "wrong-result", "extreme", ("--reference", "np.sum(a, dtype=float)", "--dtypes", "int32")),
    ("loses_precision", "wrong-result", "extreme", ("--reference", "a.astype(float)")),
    ("empty_dtype", "wrong-dtype", "empty", ()),
    ("aborts_misaligned", "crashes", "misaligned", ()),
    ("hangs_without_dimensions", "hangs", "0-d", ("--timeout", "3")),
    ("panics_empty", "panic", "empty", ()),
    ("leaks_system_error", "wrong-exception", "strided", ()),
    ("leaks_buffer_error", "wrong-exception", "read-only", ()),
    ("leaks_attribute_error", "wrong-exception", "None", ()),
    ("races", "thread-race", "threads, shared", ()),
    ("shares_scratch", "result-overwritten", "contiguous", ()),
    ("leaks_memory", "memory-grows", "repeated", ()),
    ("leaks_objects", "memory-grows", "repeated", ()),
    ("drops_the_rest", "wrong-result", "large", ("--reference", "a.copy()")),
    ("assumes_no_overlap", "wrong-result", "shifted views", (*PAIR, *IN_PLACE)),
    ("mixes_up_same", "wrong-result", "same array twice", PAIR),
    ("ignores_broadcast", "wrong-result", "broadcast", ()),
    ("takes_absolute_strides", "wrong-result", "negative", ()),
    ("is_random", "unstable", "contiguous", ()),
    ("reads_list_as_float32", "wrong-dtype", "list", ()),
    ("exits", "panic", "None", ()),
]
# What comes from time or from many calls has no test.
UNTESTED = {"thread-race", "memory-grows", "unstable"}
WARNINGS = {"reads_list_as_float32", "keeps", "aliases", "empty_dtype", "leaks_attribute_error", "leaks_buffer_error"}


@pytest.mark.parametrize(("name", "kind", "layout", "arguments"), FAULTS, ids=[fault[0] for fault in FAULTS])
def test_a_fault_is_reported_with_a_test_that_fails(
    validate: Validate, tmp_path: Path, name: str, kind: str, layout: str, arguments: tuple[str, ...]
) -> None:
    types = () if "--dtypes" in arguments else ("--dtypes", "float64")
    code = int(name not in WARNINGS)
    result = validate(f"planted:{name}", *types, *arguments, "--write", "test_arrays.py", code=code)
    same = [finding for finding in result["findings"] if finding["id"] == kind]
    finding = next(finding for finding in same if layout in f"{finding['where']} {finding['evidence']}")
    rows = {row for row, _, word in cells(result) if word not in {"ok", "refuses", "not tried"}}
    assert layout in rows
    assert (finding["fix"] is not None) == (kind not in UNTESTED)
    if kind in UNTESTED:
        return
    (document,) = result["documents"]
    assert document["path"] == "test_arrays.py"
    assert document["text"] == (tmp_path / "test_arrays.py").read_text(encoding="utf-8")
    assert kind.replace("-", "_") in document["text"]


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("good", ("--reference", "np.cumsum(a, dtype=float)")),
        ("good_matrix", ("--shape", "(n, m)", "--reference", "np.multiply(a, 2, dtype=float)")),
        ("good_pair", (*PAIR, "--shape", "b=(1,)")),
        ("good_pair", (*PAIR, "--reference", "np.multiply(a, b, dtype=float)")),
        ("good_in_place", (*IN_PLACE, "--reference", "a * 2")),
        ("good_in_place", (*IN_PLACE, "--shape", "(n, 3)")),
        ("good_second_in_place", ("--call", "f(b, a)", *IN_PLACE, "--reference", "b * 2")),
        ("strict", ("--reference", "a * 2")),
    ],
)
def test_a_function_without_faults_gives_no_finding(validate: Validate, name: str, arguments: tuple[str, ...]) -> None:
    result = validate(f"planted:{name}", "--dtypes", "float64,float32,int16,bool", *arguments)
    assert not [finding for finding in result["findings"] if finding["level"] in {"error", "warning"}]


def test_the_tests_of_all_faults_run_and_fail(validate: Validate, tmp_path: Path) -> None:
    validate("planted:ignores_strides", "--dtypes", "float64", "--write", "test_strides.py", code=1)
    validate("planted:panics_empty", "--dtypes", "int8", "--write", "test_panic.py", code=1)
    validate("planted:aborts_misaligned", "--dtypes", "float64", "--write", "test_crash.py", code=1)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", ".", "-o", "addopts="],
        cwd=tmp_path, capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout
    assert "passed" not in done.stdout
    count = sum(path.read_text(encoding="utf-8").count("def test_") for path in tmp_path.glob("test_*.py"))
    assert f"{count} failed" in done.stdout
    assert "PanicException: index out of bounds" in done.stdout
    assert "SIGABRT" in done.stdout or sys.platform == "win32"


def test_of_bytes_the_first_difference_is_said(validate: Validate) -> None:
    result = validate("planted:encodes_memory", "--dtypes", "float64", "--call", "b'head' + f(a)", code=1)
    messages = [item["message"] for item in result["findings"] if item["id"] == "wrong-result"]
    places = [int(message.partition("at ")[2].partition(",")[0]) for message in messages]
    assert places
    assert min(places) >= 4
    assert not any("head" in message for message in messages)


def test_a_key_may_have_braces(validate: Validate) -> None:
    result = validate("planted:names_memory", "--dtypes", "float64", "--call", "{'{a}': f(a)['hex']}", code=1)
    assert any("result = call(a)['{a}']" in document["text"] for document in result["documents"])


def test_the_order_of_keys_is_no_fault(validate: Validate) -> None:
    calls = ("--call", "{'sum': f(a), 'count': 1}", "--reference", "{'count': 1, 'sum': np.sum(a)}")
    result = validate("numpy:sum", "--dtypes", "int64", *calls)
    assert not [item for item in result["findings"] if item["level"] in {"error", "warning"}]


def test_a_wrong_value_is_one_finding_whatever_the_layout(validate: Validate) -> None:
    reference = ("--reference", "np.sum(a, dtype=float)")
    result = validate("planted:overflows", *reference, "--dtypes", "int32", "--call", "f(np.asarray(a))", code=1)
    (finding,) = [finding for finding in result["findings"] if finding["id"] == "wrong-result"]
    got, _, expected = finding["message"].removeprefix("the result is wrong: got ").partition(", expected ")
    assert int(got) < 0 < float(expected)


def test_the_smallest_input_is_kept(validate: Validate) -> None:
    (document,) = validate("planted:ignores_strides", "--dtypes", "float64", code=1)["documents"]
    assert "def test_ignores_strides_strided_float64_wrong_result" in document["text"]
    assert "a_values = np.array([1.0, 1.0], np.dtype(dtype)).reshape((2,))" in document["text"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
def test_the_test_of_a_crash_passes_if_an_exception_is_raised(validate: Validate, tmp_path: Path) -> None:
    validate("planted:crashes_strided", "--dtypes", "float64", "--write", "test_crash.py", code=1)
    text = (tmp_path / "planted.py").read_text(encoding="utf-8")
    (tmp_path / "planted.py").write_text(text.replace("os.kill(os.getpid(), 11)", "pass"), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", ".", "-o", "addopts="]
    subprocess.run(command, cwd=tmp_path, check=True)


def test_the_same_seed_gives_the_same_result(validate: Validate) -> None:
    arguments = ("planted:mutates", "--dtypes", "float64", "--seed")
    results = [validate(*arguments, seed, code=1) for seed in ("1", "1", "2")]
    assert results[0] == results[1]
    assert results[0] != results[2]


@pytest.mark.parametrize(
    ("function", "name", "chapter", "arguments"),
    [
        ("ignores_strides", "wrong-result", "layouts", ()),
        ("mutates", "input-changed", "in-place", ()),
        ("keeps", "input-kept", "proving", ()),
        ("panics_empty", "panic", "panics", ()),
        ("loses_precision", "wrong-result", "", ("--reference", "a.astype(float)")),
    ],
)
def test_a_fault_leads_to_its_chapter(
    validate: Validate, function: str, name: str, chapter: str, arguments: tuple[str, ...]
) -> None:  # fmt: skip
    code = 0 if function in WARNINGS else 1
    result = validate(f"planted:{function}", "--dtypes", "float64,int64", *arguments, code=code)
    assert chapter in chapters_of(result, name)
