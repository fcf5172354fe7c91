"""What the chapter on panics says."""

import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from fundamentals_snippets._core import panics as snippets


# region: exception
def test_a_panic_is_no_exception_that_python_expects() -> None:
    with pytest.raises(snippets.PanicException, match="index out of bounds: the len is 1 but the index is 5") as caught:
        snippets.price_or_panic([1.0], 5)
    assert not isinstance(caught.value, Exception)
    assert type(caught.value).__mro__[1] is BaseException


# endregion: exception


def test_input_is_answered_by_an_exception() -> None:
    with pytest.raises(IndexError, match="there is no price 5 among 1"):
        snippets.price([1.0], 5)


def test_the_place_is_on_stderr_and_not_in_the_exception(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    with pytest.raises(snippets.PanicException):
        snippets.price_or_panic([], 0)
    assert re.search(r"panicked at .*panics\.rs:\d+:\d+:", capfd.readouterr().err)


def test_a_foreign_panic_becomes_an_exception() -> None:
    assert snippets.frame_length(b"\x01\x02") == 258
    with pytest.raises(RuntimeError, match="the decoder failed: index out of bounds"):
        snippets.frame_length(b"\x01")


LENGTHS = [0, 1, 2, 3, 255, 256, 257, 65535]


@pytest.mark.parametrize("header", LENGTHS)
@pytest.mark.parametrize("rest", LENGTHS)
def test_no_length_of_header_or_rest_panics(header: int, rest: int) -> None:
    frame = header.to_bytes(2, "big") + bytes(rest)
    if header <= rest:
        assert snippets.frame_payload(frame) == bytes(header)
    else:
        with pytest.raises(ValueError, match="the frame is too short"):
            snippets.frame_payload(frame)


def test_a_header_may_be_missing() -> None:
    for frame in [b"", b"\x00"]:
        with pytest.raises(ValueError, match="the frame is too short"):
            snippets.frame_payload(frame)


def test_a_panic_in_a_thread_of_rust_is_found_by_join() -> None:
    assert snippets.sum_from([1, 2, 3], 1) == 5.0
    with pytest.raises(RuntimeError, match="range start index 5 out of range for slice of length 1"):
        snippets.sum_from([1], 5)


def test_a_panic_in_a_thread_of_python_ends_that_thread_only() -> None:
    seen: list[str] = []
    hook, threading.excepthook = threading.excepthook, lambda args: seen.append(args.exc_type.__name__)
    try:
        thread = threading.Thread(target=snippets.price_or_panic, args=([], 0))
        thread.start()
        thread.join(timeout=60)
    finally:
        threading.excepthook = hook
    assert seen == ["PanicException"]


# region: poison
def test_a_lock_that_was_held_in_a_panic_is_poisoned() -> None:
    till = snippets.Till()
    till.add(5)
    with pytest.raises(snippets.PanicException, match="nothing to add"):
        till.add(0)
    with pytest.raises(RuntimeError, match="the till is unusable after a panic"):
        till.add(5)
    assert till.total() == 5


# endregion: poison


def test_overflow_is_a_panic_in_one_build_and_a_wrong_number_in_the_other() -> None:
    if snippets.has_debug_assertions():
        with pytest.raises(snippets.PanicException, match="attempt to add with overflow"):
            snippets.add_amounts(250, 10)
    else:
        assert snippets.add_amounts(250, 10) == 4


def test_a_panic_while_an_object_is_freed_cannot_be_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda args: seen.append(str(args.exc_value)))
    connection = snippets.Connection()
    del connection
    assert seen == ["the connection was not closed"]


# region: double
def test_a_panic_during_a_panic_ends_the_process() -> None:
    script = "from fundamentals_snippets._core import panics; panics.Connection.panic_twice()"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode not in {0, 1}
    assert "panic in a destructor during cleanup" in done.stderr
    assert "Traceback" not in done.stderr


# endregion: double


# region: reentry
def test_rust_cannot_swallow_a_panic_that_went_through_python() -> None:
    assert snippets.value_or_zero(lambda: 1 / 0) == 0.0
    with pytest.raises(snippets.PanicException, match="index out of bounds"):
        snippets.value_or_zero(lambda: snippets.price_or_panic([], 0))


# endregion: reentry


def test_a_panic_of_another_extension_is_an_error_like_any(tmp_path: Path) -> None:
    core = Path(sys.modules["fundamentals_snippets._core"].__file__ or "")
    copy = shutil.copy(core, tmp_path)
    script = f"""
import importlib.util
from fundamentals_snippets._core import panics
spec = importlib.util.spec_from_file_location("_core", {str(copy)!r})
copy = importlib.util.module_from_spec(spec)
spec.loader.exec_module(copy)
assert copy.panics.PanicException is not panics.PanicException
assert panics.value_or_zero(lambda: copy.panics.price_or_panic([], 0)) == 0.0
"""
    subprocess.run([sys.executable, "-c", script], check=True)


def test_the_backtrace_can_still_be_asked_for_in_the_program() -> None:
    script = """
import os
os.environ["RUST_BACKTRACE"] = "1"
from fundamentals_snippets._core import panics
panics.price_or_panic([], 0)
"""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("RUST_")}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)
    assert "stack backtrace:" in done.stderr


def test_the_backtrace_is_asked_for_by_a_variable() -> None:
    script = "from fundamentals_snippets._core import panics; panics.price_or_panic([], 0)"
    traces = {}
    for value in ["0", "1"]:
        environment = os.environ | {"RUST_BACKTRACE": value}
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=False, env=environment
        )
        assert done.returncode == 1
        traces[value] = done.stderr
    assert "run with `RUST_BACKTRACE=1`" in traces["0"]
    assert "stack backtrace:" in traces["1"]
    assert "stack backtrace:" not in traces["0"]
