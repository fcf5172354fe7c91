"""Logs become entries, and mistakes say where they are."""

import copy
import pickle
import sys
import threading
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from log_parser import Entries, Entry, LogSyntaxError, parse, parse_lenient

GOOD = '192.0.2.1 - ada [01/Nov/2026:10:00:00 +0000] "GET /a HTTP/1.1" 200 512'
WRONG = GOOD.replace("200", "2OO")


def test_a_log_becomes_entries() -> None:
    [entry] = parse(f"\n{GOOD}\r\n")
    assert (entry.host, entry.user, entry.time) == ("192.0.2.1", "ada", "01/Nov/2026:10:00:00 +0000")
    assert (entry.request, entry.status, entry.size) == ("GET /a HTTP/1.1", 200, 512)
    assert str(entry) == '192.0.2.1 "GET /a HTTP/1.1" 200'


def test_an_empty_log_has_no_entries() -> None:
    assert parse("\n\r\n") == []


def test_entries_compare_by_value() -> None:
    first, second = parse(f"{GOOD}\n{GOOD}")
    assert first == second
    assert first != parse(GOOD.replace("512", "-"))[0]


# region: attributes
def test_a_mistake_says_where_it_is() -> None:
    with pytest.raises(LogSyntaxError) as caught:
        parse(f"{GOOD}\n\n{WRONG}\n", filename="access.log")
    error = caught.value
    assert (error.filename, error.lineno, error.text) == ("access.log", 3, WRONG)
    assert error.msg == "expected a status from 100 to 599, found `2OO`"
    assert str(error) == f"{error.msg} (access.log, line 3)"


# endregion: attributes


# region: offsets
@pytest.mark.parametrize("host", ["192.0.2.1", "café", "host🦀"])
def test_offsets_are_in_characters(host: str) -> None:
    with pytest.raises(LogSyntaxError) as caught:
        parse(WRONG.replace("192.0.2.1", host))
    error = caught.value
    assert error.text is not None
    assert error.offset is not None
    assert error.end_offset is not None
    assert error.text[error.offset - 1 : error.end_offset - 1] == "2OO"


# endregion: offsets


# region: traceback
def test_python_points_at_the_mistake() -> None:
    with pytest.raises(LogSyntaxError) as caught:
        parse("localhost - - now", filename="access.log")
    assert traceback.format_exception_only(caught.value) == [
        '  File "access.log", line 1\n',
        "    localhost - - now\n",
        "                  ^^^\n",
        "log_parser.LogSyntaxError: expected a time in brackets, found `now`\n",
    ]


# endregion: traceback


def test_a_syntax_error_is_no_value_error() -> None:
    assert issubclass(LogSyntaxError, SyntaxError)
    assert not issubclass(LogSyntaxError, ValueError)


def test_a_syntax_error_has_its_attributes_wherever_it_is_from() -> None:
    error = pickle.loads(pickle.dumps(LogSyntaxError("wrong", ("a.log", 2, 3, "text", 2, 4))))  # noqa: S301
    assert isinstance(error, LogSyntaxError)
    assert (error.lineno, error.offset, error.text) == (2, 3, "text")


# region: lenient
def test_mistakes_can_be_collected() -> None:
    entries, errors = parse_lenient(f"{WRONG}\n{GOOD}\nwhat?\n", filename="access.log")
    assert entries == parse(GOOD)
    assert [(error.lineno, error.filename) for error in errors] == [(1, "access.log"), (3, "access.log")]
    assert all(isinstance(error, LogSyntaxError) for error in errors)
    assert all(error.__traceback__ is None for error in errors)  # they were never raised


# endregion: lenient


# region: lazy
def test_entries_are_parsed_when_asked_for() -> None:
    entries = Entries(f"{GOOD}\n{WRONG}\n{GOOD}\n")
    assert iter(entries) is entries
    assert next(entries) == parse(GOOD)[0]
    with pytest.raises(LogSyntaxError, match="line 2"):
        next(entries)
    assert list(entries) == parse(GOOD)  # unlike a generator, it goes on after an error
    assert list(entries) == []


def test_entries_keep_the_text_alive() -> None:
    def lines() -> Iterator[Entry]:
        return Entries("\n".join([GOOD] * 3))

    assert len(list(lines())) == 3


# endregion: lazy


def test_threads_can_share_the_entries() -> None:
    entries = Entries("\n".join([GOOD] * 4_000))
    with ThreadPoolExecutor(4) as threads:
        parts = list(threads.map(lambda _: list(entries), range(4)))
    assert sum(map(len, parts)) == 4_000


# region: detached
def test_other_threads_run_while_a_text_is_parsed() -> None:
    text, gate, seen = f"{GOOD}\n" * 50_000, threading.Lock(), []

    def look() -> None:
        with gate:
            seen.append("ran")

    interval = sys.getswitchinterval()
    gate.acquire()
    thread = threading.Thread(target=look)
    thread.start()
    sys.setswitchinterval(100)  # so no thread has to give way, unless it is detached
    try:
        gate.release()
        parse(text)
        assert seen == ["ran"]
    finally:
        sys.setswitchinterval(interval)
        thread.join()


# endregion: detached


# region: getters
def test_a_getter_makes_a_new_string_each_time() -> None:
    [entry] = parse(GOOD)
    assert entry.request == entry.request
    assert entry.request is not entry.request


# endregion: getters


def test_entries_cannot_be_changed() -> None:
    [entry] = parse(GOOD)
    with pytest.raises(AttributeError):
        entry.status = 500  # type: ignore[misc]


# region: value
def test_an_entry_is_a_value() -> None:
    [entry] = parse(GOOD)
    made = Entry("192.0.2.1", "ada", "01/Nov/2026:10:00:00 +0000", "GET /a HTTP/1.1", 200, 512)
    assert made == entry
    assert {entry, made} == {entry}
    assert repr(entry) == "Entry('192.0.2.1', 'ada', '01/Nov/2026:10:00:00 +0000', 'GET /a HTTP/1.1', 200, 512)"
    for value in [entry, *parse(GOOD.replace("ada", "-").replace("512", "-"))]:
        assert copy.copy(value) == copy.deepcopy(value) == value
        assert pickle.loads(pickle.dumps(value)) == value  # noqa: S301


# endregion: value
