"""What a caller may rely on."""

import gc
import math
import time
import weakref
from decimal import Decimal

import pytest
from rate_cache import RateCache, default_cache


@pytest.fixture
def cache() -> RateCache[Decimal]:
    return RateCache[Decimal](2)


def test_a_rate_is_computed_once(cache: RateCache[Decimal]) -> None:
    asked: list[str] = []

    def compute(key: str) -> Decimal:
        asked.append(key)
        return Decimal("1.0825")

    first = cache.get_or_compute("EUR/USD", compute)
    assert cache.get_or_compute("EUR/USD", compute) is first
    assert asked == ["EUR/USD"]


def test_what_is_not_there_is_none(cache: RateCache[Decimal]) -> None:
    assert cache.get("EUR/USD") is None
    assert "EUR/USD" not in cache
    assert len(cache) == 0


def test_none_can_be_stored_but_not_told_from_nothing() -> None:
    cache = RateCache[None]()
    cache.put("EUR/XXX", None)
    assert "EUR/XXX" in cache
    assert cache.get("EUR/XXX") is None
    assert cache.statistics.hits == 1


def test_the_least_recently_used_rate_makes_room(cache: RateCache[Decimal]) -> None:
    cache.put("EUR/USD", Decimal(1))
    cache.put("EUR/GBP", Decimal(2))
    cache.get("EUR/USD")
    cache.put("EUR/CHF", Decimal(3))
    assert [key in cache for key in ("EUR/USD", "EUR/GBP", "EUR/CHF")] == [True, False, True]
    assert cache.statistics.evicted == 1


def test_rates_expire() -> None:
    cache = RateCache[float](lifetime=0.02)
    cache.put("EUR/USD", 1.08)
    time.sleep(0.05)
    assert "EUR/USD" not in cache
    assert len(cache) == 0
    assert cache.get("EUR/USD") is None
    assert cache.statistics.expired == 1


def test_a_failed_computation_stores_nothing(cache: RateCache[Decimal]) -> None:
    error = TimeoutError("the bank does not answer")

    def compute(key: str) -> Decimal:
        raise error

    with pytest.raises(TimeoutError) as caught:
        cache.get_or_compute("EUR/USD", compute)
    assert caught.value is error
    assert "EUR/USD" not in cache


def test_clear_forgets_the_rates_and_keeps_the_statistics(cache: RateCache[Decimal]) -> None:
    cache.put("EUR/USD", Decimal(1))
    cache.get("EUR/USD")
    cache.clear()
    assert len(cache) == 0
    assert repr(cache.statistics) == "Statistics(hits=1, misses=0, evicted=0, expired=0)"


def test_a_cache_shows_how_full_it_is(cache: RateCache[Decimal]) -> None:
    cache.put("EUR/USD", Decimal(1))
    assert repr(cache) == "<RateCache: 1 of 2 rates, each for 60 s>"


@pytest.mark.parametrize("lifetime", [0, -1, math.nan, math.inf, 1e-30])
def test_a_lifetime_is_a_positive_number(lifetime: float) -> None:
    with pytest.raises(ValueError, match="`lifetime` must be a positive number of seconds, found"):
        RateCache(lifetime=lifetime)


def test_the_longest_lifetime_is_no_panic() -> None:
    cache = RateCache[int](lifetime=1e19)
    cache.put("EUR/USD", 1)
    assert cache.get("EUR/USD") == 1


def test_a_capacity_is_at_least_one() -> None:
    with pytest.raises(ValueError, match="`capacity` must be at least 1"):
        RateCache(0)
    with pytest.raises(OverflowError):
        RateCache(-1)


def test_a_large_capacity_takes_no_memory_yet() -> None:
    assert len(RateCache(2**60)) == 0


def test_keys_are_text(cache: RateCache[Decimal]) -> None:
    with pytest.raises(TypeError, match="'tuple' object is not an instance of 'str'"):
        cache.get(("EUR", "USD"))  # type: ignore[arg-type]


# region: module-state
def test_the_default_cache_is_one() -> None:
    default_cache().put("EUR/USD", 1.08)
    assert default_cache() is default_cache()
    assert default_cache().get("EUR/USD") == 1.08


# endregion: module-state


class Quote:
    """A rate that knows the cache that it is in."""

    def __init__(self, cache: "RateCache[Quote]") -> None:
        self.cache = cache


# region: collect
def test_a_circle_through_the_cache_is_collected() -> None:
    cache = RateCache[Quote]()
    quote = Quote(cache)
    cache.put("EUR/USD", quote)
    gone = weakref.ref(quote)
    del cache, quote
    gc.collect()
    assert gone() is None


# endregion: collect
