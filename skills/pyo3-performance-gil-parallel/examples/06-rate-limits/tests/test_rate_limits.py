"""What a caller may rely on."""

import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from rate_limits import Limiter

DAY = 1 / 86_400  # one token a day: none comes while a test runs


def test_a_client_takes_its_burst_and_waits_for_more() -> None:
    limiter = Limiter(1 / 60, 3)
    assert [limiter.take("10.0.0.1") for _ in range(3)] == [0, 0, 0]
    assert 30 < limiter.take("10.0.0.1") <= 60
    assert 90 < limiter.take("10.0.0.1", 2) <= 120
    assert limiter.take("10.0.0.2", 3) == 0
    assert (limiter.available("10.0.0.1"), limiter.available("10.0.0.3")) == (0, 3)
    assert repr(limiter.stats()) == "Stats(clients=2, allowed=4, refused=2)"


def test_tokens_come_back() -> None:
    limiter = Limiter(1, 1)
    assert limiter.take("a") == 0
    wait = limiter.take("a")
    assert 0 < wait <= 1
    time.sleep(wait + 0.002)
    assert limiter.take("a") == 0


def test_many_are_taken_in_one_call() -> None:
    limiter = Limiter(DAY, 2)
    assert limiter.take_many(["a", "b", "a", "a"]) == [True, True, True, False]
    assert limiter.take_many(("a", "b") * 100) == [False, True] + [False] * 198
    assert limiter.take_many([]) == []


def test_idle_clients_are_forgotten() -> None:
    limiter = Limiter(1000, 1)
    limiter.take_many([f"client {number}" for number in range(500)])
    assert limiter.stats().clients == 500
    time.sleep(0.01)
    assert limiter.forget_idle() == 500
    assert limiter.stats().clients == 0


# region: flood
@pytest.mark.parametrize("shards", [1, 7, None])
def test_a_flood_of_names_does_not_fill_the_memory(shards: int | None) -> None:
    limiter = Limiter(DAY, 1, max_clients=100, shards=shards)
    allowed = sum(limiter.take_many([f"10.0.{number}" for number in range(20_000)]))
    stats = limiter.stats()
    most = 100 + (shards or 1024)
    assert stats.clients <= most
    # Each shard has one bucket more, for those who found no place.
    assert stats.clients <= allowed <= stats.clients + (shards or 1024)
    assert (stats.allowed, stats.refused) == (allowed, 20_000 - allowed)


# endregion: flood


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        ((0, 1), {}, ValueError, "`rate` must be a number above 0 and up to 1000000 a second, not 0"),
        ((float("nan"), 1), {}, ValueError, "not NaN"),
        ((1e-300, 1), {}, ValueError, "takes more than 3650 days to fill"),
        ((1, 0), {}, ValueError, "`burst` must be at least 1"),
        ((1, -1), {}, OverflowError, "out of range"),
        ((1, 2**32), {}, OverflowError, "out of range|too large"),
        ((1, 1), {"max_clients": 0}, ValueError, "`max_clients` must be from 1"),
        ((1, 1), {"shards": 0}, ValueError, "`shards` must be from 1 to 1024"),
        ((1, 1), {"shards": 1 << 40}, ValueError, "`shards` must be from 1 to 1024"),
        (("1", 1), {}, TypeError, "real number"),
    ],
)
def test_limits_out_of_range_are_refused(arguments: Any, options: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        Limiter(*arguments, **options)


@pytest.mark.parametrize(
    ("client", "error"),
    [("x" * 257, ValueError), ("é" * 129, ValueError), ("\ud800", UnicodeEncodeError), (b"a", TypeError)],
)
def test_names_that_are_none_take_nothing(client: Any, error: type[Exception]) -> None:
    limiter = Limiter(DAY, 1)
    with pytest.raises(error):
        limiter.take(client)
    with pytest.raises(error):
        limiter.take_many(["a"] * 100 + [client])
    assert limiter.stats().clients == 0
    assert limiter.take("x" * 256) == 0


@pytest.mark.parametrize("cost", [0, 4, 2**32 - 1])
def test_more_than_a_bucket_holds_is_an_error(cost: int) -> None:
    limiter = Limiter(1, 3)
    with pytest.raises(ValueError, match=f"`cost` must be from 1 to the burst of 3, not {cost}"):
        limiter.take("a", cost)
    with pytest.raises(OverflowError):
        limiter.take("a", -1)


class Liar(list[str]):
    """A list that says it is longer than any memory."""

    def __len__(self) -> int:
        return sys.maxsize


def broken() -> Iterator[str]:
    yield "a"
    raise ZeroDivisionError


@pytest.mark.parametrize(("names", "error"), [("abc", TypeError), (7, TypeError), (broken(), ZeroDivisionError)])
def test_what_gives_no_names_takes_nothing(names: Any, error: type[Exception]) -> None:
    limiter = Limiter(DAY, 1)
    with pytest.raises(error):
        limiter.take_many(names)
    assert limiter.stats().clients == 0
    assert limiter.take_many(Liar(["a", "b"])) == [True, True]


class Busy(list[str]):
    """A list that asks the limiter while it is read."""

    limiter: Limiter

    def __iter__(self) -> Any:
        for name in super().__iter__():
            self.limiter.take(name)
            yield name


def test_names_may_come_from_code_that_asks_the_limiter() -> None:
    limiter = Limiter(DAY, 2)
    names = Busy(["a", "b"])
    names.limiter = limiter
    assert limiter.take_many(names) == [True, True]
    assert limiter.available("a") <= 1


# region: threads
@pytest.mark.parametrize("shards", [1, None])
def test_threads_get_as_many_tokens_as_there_are(shards: int | None) -> None:
    limiter = Limiter(DAY, 50, shards=shards)
    names = [f"client {number}" for number in range(20)]
    barrier = threading.Barrier(8)

    def work(number: int) -> int:
        barrier.wait()
        if number % 2:
            return sum(limiter.take(name) == 0 for _ in range(50) for name in names)
        return sum(sum(limiter.take_many(names * 10)) for _ in range(5))

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(work, range(8))) == 50 * 20
    finally:
        sys.setswitchinterval(interval)
    assert limiter.stats().allowed == 50 * 20
    assert limiter.stats().refused == 7 * 50 * 20


# endregion: threads


def test_other_threads_run_meanwhile() -> None:
    limiter, names = Limiter(1, 1), ["a"] * 1_000_000

    def runs_meanwhile() -> bool:
        started, finished = threading.Event(), threading.Event()

        def work() -> None:
            started.set()
            limiter.take_many(names)
            finished.set()

        thread = threading.Thread(target=work)
        thread.start()
        started.wait()
        meanwhile = not finished.is_set()
        thread.join()
        return meanwhile

    interval = sys.getswitchinterval()
    # Nobody is asked for the interpreter: only who detaches lets others have it.
    sys.setswitchinterval(1000)
    try:
        assert any(runs_meanwhile() for _ in range(100))
    finally:
        sys.setswitchinterval(interval)
