"""Code that runs while a thread is inside the cache. With a lock held meanwhile, each of these would wait forever."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from rate_cache import RateCache, default_cache


# region: deadlock
def test_a_computation_may_use_the_cache() -> None:
    cache = RateCache[float]()

    def inverse(key: str) -> float:
        return 1 / cache.get_or_compute("/".join(reversed(key.split("/"))), lambda key: 1.25)

    assert cache.get_or_compute("USD/EUR", inverse) == 0.8
    assert len(cache) == 2


def test_a_computation_may_wait_for_a_thread_that_uses_the_cache() -> None:
    cache = RateCache[float]()

    def elsewhere(key: str) -> float:
        thread = threading.Thread(target=cache.put, args=["EUR/GBP", 0.85])
        thread.start()
        thread.join()
        return 1.25

    assert cache.get_or_compute("EUR/USD", elsewhere) == 1.25
    assert cache.get("EUR/GBP") == 0.85


# endregion: deadlock


class Talkative:
    """A rate that uses the cache when it is freed."""

    def __init__(self, cache: "RateCache[Talkative]", freed: list[int]) -> None:
        self.cache = cache
        self.freed = freed

    def __del__(self) -> None:
        self.freed.append(len(self.cache))


# region: drop
@pytest.mark.parametrize(
    "free",
    [
        lambda cache: cache.put("EUR/USD", None),
        lambda cache: cache.put("EUR/GBP", None),
        lambda cache: cache.clear(),
    ],
    ids=["replaced", "evicted", "cleared"],
)
def test_a_rate_may_use_the_cache_when_it_is_freed(free: Callable[[object], None]) -> None:
    cache = RateCache[Talkative](1)
    freed: list[int] = []
    cache.put("EUR/USD", Talkative(cache, freed))
    free(cache)
    assert freed == [len(cache)]


def test_a_rate_may_use_the_cache_when_it_expires() -> None:
    cache = RateCache[Talkative](lifetime=0.01)
    freed: list[int] = []
    cache.put("EUR/USD", Talkative(cache, freed))
    time.sleep(0.02)
    assert cache.get("EUR/USD") is None
    assert freed == [0]


# endregion: drop


def test_many_threads_get_what_belongs_to_their_key() -> None:
    cache = RateCache[str](10)
    start = threading.Barrier(8)

    def ask(seed: int) -> bool:
        start.wait()
        keys = [f"EUR/{(seed + step) % 20:03}" for step in range(500)]
        return all(cache.get_or_compute(key, str.lower) == key.lower() for key in keys)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(8)))
    assert cache.statistics.hits + cache.statistics.misses == 4000
    assert len(cache) == 10


def test_threads_that_miss_together_all_compute() -> None:
    cache = RateCache[int]()
    together = threading.Barrier(4)

    def compute(key: str) -> int:
        together.wait()  # Passes only if all four are in here at once.
        return 1

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda _: cache.get_or_compute("EUR/USD", compute), range(4))) == [1] * 4
    assert cache.statistics.misses == 4


def test_threads_share_one_default_cache() -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len({id(cache) for cache in pool.map(lambda _: default_cache(), range(8))}) == 1
