"""When functions detach, and what that does to other threads."""

import gc
import random
import sys
import threading
import time
import weakref
from collections.abc import Callable

import pytest
from performance_snippets._core import detaching

Album = detaching.Album
WITH_GIL = pytest.mark.skipif(
    not getattr(sys, "_is_gil_enabled", lambda: True)(), reason="without a GIL others run beside an attached thread"
)


def in_python(codes: list[int], code: int) -> int:
    return min(range(len(codes)), key=lambda place: (codes[place] ^ code).bit_count())


@pytest.mark.parametrize("count", [1, 100, 30_000])
def test_the_nearest_is_that_of_python(count: int) -> None:
    generator = random.Random(count)
    codes = [generator.getrandbits(64) for _ in range(count)]
    album, code = Album(codes), generator.getrandbits(64)
    expected = in_python(codes, code)
    assert album.nearest(code) == expected
    assert album.nearest_attached(code) == album.nearest_detached(code) == expected
    assert detaching.nearest_in_parts(album, code, 7) == detaching.nearest_in_parts(album, code, 0) == expected


def test_an_empty_album_is_an_error() -> None:
    with pytest.raises(ValueError, match="has no pictures"):
        Album([]).nearest(1)
    assert detaching.nearest_in_parts(Album([]), 1) is None


def test_text_and_bytes_are_read_where_they_lie() -> None:
    assert detaching.hash("", b"") == 0
    assert detaching.hash("sea", b"\x00\xff") != detaching.hash("sea", b"\xff\x00")
    with pytest.raises(UnicodeEncodeError):
        detaching.hash("\ud800", b"")


def test_handles_are_read_without_a_token() -> None:
    albums = [Album([0b1111]), Album([]), Album([0b0110, 0b0001])]
    assert detaching.album_of(albums, 0b0111) == 0
    assert detaching.album_of(albums, 0b0010) == 2
    assert detaching.album_of([], 1) is None


def runs_meanwhile(call: Callable[[], object]) -> bool:
    """Say whether another thread gets anything done while a call of 200 ms runs."""
    started, counted, stop = threading.Event(), 0, False

    def count() -> None:
        nonlocal counted
        started.set()
        while not stop:
            counted += 1
            time.sleep(0.001)

    thread = threading.Thread(target=count)
    thread.start()
    started.wait()
    before = counted
    call()
    after = counted
    stop = True
    thread.join()
    return after - before > 5


@WITH_GIL
@pytest.mark.parametrize("detach", [False, True])
def test_others_run_only_while_it_is_detached(detach: bool) -> None:
    # A busy machine may have no time for the other thread just then.
    tries = 20 if detach else 1
    assert any(runs_meanwhile(lambda: detaching.compute(200, detach)) for _ in range(tries)) is detach


def test_a_moment_detached_lets_others_run() -> None:
    album = Album([1] * 3_000_000)
    started, order = threading.Event(), []

    def wait() -> None:
        started.set()
        time.sleep(0.01)
        order.append("other")

    thread = threading.Thread(target=wait)
    thread.start()
    started.wait()
    detaching.nearest_in_parts(album, 7, 1)
    order.append("search")
    thread.join()
    assert order[0] == "other"


def test_a_panic_attaches_again() -> None:
    with pytest.raises(BaseException, match="the album is torn") as caught:
        detaching.panic_detached()
    assert type(caught.value).__name__ == "PanicException"
    detaching.detached()


def test_attaching_twice_is_no_deadlock() -> None:
    detaching.attached()
    detaching.attached_again()
    detaching.attached_while_detached()


class Picture:
    """What a weak reference can look at."""


@pytest.mark.parametrize("attach_again", [detaching.detached, detaching.attached_again])
def test_what_is_dropped_while_detached_is_freed_later(attach_again: Callable[[], None]) -> None:
    picture = Picture()
    gone = weakref.ref(picture)
    detaching.drop_detached(picture)
    del picture
    attach_again()
    gc.collect()
    assert gone() is None


def test_the_switch_interval_is_five_milliseconds() -> None:
    assert sys.getswitchinterval() == pytest.approx(0.005)
