"""What the chapter on logging says."""

import logging
import subprocess
import sys
from collections.abc import Iterator

import pytest
from fundamentals_snippets._core import logging as snippets


@pytest.fixture(autouse=True)
def fresh_levels() -> Iterator[None]:
    snippets.reset_logging()
    yield
    snippets.reset_logging()


# region: caplog
def test_messages_reach_the_logger_of_their_target(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="weather")
    assert snippets.plausible([20.0, 900.0, -300.0]) == [20.0]
    assert caplog.record_tuples == [
        ("weather.sensors", logging.WARNING, "2 readings are out of range"),
        ("weather.sensors", logging.DEBUG, "dropped [-300.0, 900.0]"),
    ]


# endregion: caplog


def test_a_record_knows_the_line_of_rust(caplog: pytest.LogCaptureFixture) -> None:
    snippets.plausible([900.0])
    [record] = caplog.records
    assert record.pathname.endswith("logging.rs")
    assert record.lineno > 0
    assert record.funcName is None


def test_without_a_target_the_path_in_rust_is_the_name(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    snippets.log_by_path()
    [record] = caplog.records
    assert record.name.endswith(".logging.logging")
    assert not record.name.startswith("fundamentals_snippets.")


def test_trace_is_level_5(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(5, logger="weather")
    snippets.log_trace()
    assert [(record.levelno, record.levelname) for record in caplog.records] == [(5, "Level 5")]


# region: cache
def test_a_level_is_asked_for_once(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("weather.sensors")
    logger.setLevel(logging.ERROR)
    snippets.plausible([900.0])

    logger.setLevel(logging.WARNING)
    snippets.plausible([900.0])
    assert caplog.messages == []

    snippets.reset_logging()
    snippets.plausible([900.0])
    assert caplog.messages == ["1 readings are out of range"]


# endregion: cache


def test_threads_of_rust_log_while_their_starter_is_detached(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="weather")
    snippets.log_from_thread()
    assert caplog.messages == ["hello"]


# region: deadlock
SCRIPT = """
import logging
from fundamentals_snippets._core import logging as snippets
logging.basicConfig(level=logging.INFO)
print("waiting", flush=True)
snippets.log_from_thread(detach=False)
"""


@pytest.mark.skipif(not getattr(sys, "_is_gil_enabled", lambda: True)(), reason="needs the global interpreter lock")
def test_waiting_for_a_thread_that_logs_without_detaching_never_ends() -> None:
    with subprocess.Popen([sys.executable, "-c", SCRIPT], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=3)
        process.kill()


# endregion: deadlock


def test_a_warning_names_the_line_of_the_caller() -> None:
    with pytest.warns(DeprecationWarning, match="50 °F: pass degrees Celsius") as caught:
        assert snippets.from_fahrenheit(50) == 10.0
    assert caught[0].filename == __file__


def test_a_warning_may_be_an_error() -> None:
    with pytest.raises(DeprecationWarning):
        snippets.from_fahrenheit(50)


def test_only_what_python_prints_is_seen_by_python(capsys: pytest.CaptureFixture[str]) -> None:
    snippets.print_report([20.0])
    snippets.print_raw([30.0])
    assert capsys.readouterr().out == "  20.0\n"


def test_the_file_descriptor_sees_both(capfd: pytest.CaptureFixture[str]) -> None:
    snippets.print_report([20.0])
    snippets.print_raw([30.0])
    assert sorted(capfd.readouterr().out.splitlines()) == ["  20.0", "  30.0"]


def test_progress_is_told() -> None:
    seen: list[int] = []
    assert snippets.smooth([8.0, 4.0]) == [8.0, 7.0]
    assert len(snippets.smooth([1.0] * 2500, seen.append)) == 2500
    assert seen == [1000, 2000, 2500]


def test_progress_may_stop_the_work() -> None:
    def stop(done: int) -> None:
        raise TimeoutError(f"stopped after {done}")

    with pytest.raises(TimeoutError, match="stopped after 1000"):
        snippets.smooth([1.0] * 5000, stop)


class FullDisk(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        raise OSError("the disk is full")


@pytest.fixture
def full_disk() -> Iterator[None]:
    handler = FullDisk()
    logging.getLogger().addHandler(handler)
    yield
    logging.getLogger().removeHandler(handler)


# region: pending
@pytest.mark.usefixtures("full_disk")
def test_the_error_of_a_handler_is_left_behind() -> None:
    with pytest.raises(SystemError, match="returned a result with an exception set"):
        snippets.log_by_path()
    with pytest.raises(OSError, match="the disk is full"):
        snippets.plausible([900.0])


# endregion: pending


def test_messages_below_the_level_are_dropped(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="weather")
    snippets.log_debug(3)
    assert caplog.messages == []
    caplog.set_level(logging.DEBUG, logger="weather")
    snippets.reset_logging()
    snippets.log_debug(2)
    assert caplog.messages == ["reading 0", "reading 1"]
