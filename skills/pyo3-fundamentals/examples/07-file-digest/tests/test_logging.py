"""What arrives in Python's logging."""

import logging
import threading
from pathlib import Path

import pytest
from file_digest import digest_folder, reset_logging, totals

LOGGER = logging.getLogger("file_digest")


def test_files_are_logged_by_a_logger_of_the_packages_name(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, LOGGER.name)
    digest_folder(folder)
    assert [record.name for record in caplog.records] == [LOGGER.name] * 3
    assert caplog.messages[0].endswith(f"{folder / 'a.txt'} (3 bytes)")
    assert caplog.records[0].filename == "digest.rs"


def test_what_cannot_be_read_is_logged(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.warns(UserWarning, match="could not be read"):
        digest_folder(folder, progress=lambda done: (folder / "z.bin").unlink(missing_ok=True), every=1)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert caplog.messages[0].startswith(f"can't read {folder / 'z.bin'}: ")


# region: cache
def test_levels_are_cached_until_reset(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, LOGGER.name)
    digest_folder(folder)  # Rust has asked for the level now.
    caplog.set_level(logging.DEBUG, LOGGER.name)
    digest_folder(folder)
    assert caplog.messages == []
    reset_logging()
    digest_folder(folder)
    assert len(caplog.messages) == 3


# endregion: cache


class Reentrant(logging.Handler):
    """Asks for the totals at each message: a lock held while logging would be taken twice."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.files: list[int] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.files.append(totals().files)


# region: reentrant
def test_a_handler_may_call_back(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, LOGGER.name)
    handler = Reentrant()
    LOGGER.addHandler(handler)
    try:
        before = totals().files
        digest_folder(folder)
    finally:
        LOGGER.removeHandler(handler)
    assert handler.files == [before + 1, before + 2, before + 3]


# endregion: reentrant


def test_threads_that_log_and_ask_do_not_wait_for_each_other(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, LOGGER.name)
    before = totals().files
    threads = [threading.Thread(target=digest_folder, args=[folder]) for _ in range(8)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        totals()
    assert totals().files - before == 24
    assert len(caplog.messages) == 24


class StopLoggingError(Exception):
    """An exception from the middle of a message."""


# region: pending
def test_what_a_filter_raises_arrives(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    def refuse(record: logging.LogRecord) -> bool:
        raise StopLoggingError

    caplog.set_level(logging.DEBUG, LOGGER.name)
    LOGGER.addFilter(refuse)
    try:
        with pytest.raises(StopLoggingError):
            digest_folder(folder)
        with pytest.raises(StopLoggingError):
            digest_folder(folder, progress=lambda done: None, every=1)
    finally:
        LOGGER.removeFilter(refuse)


# endregion: pending
