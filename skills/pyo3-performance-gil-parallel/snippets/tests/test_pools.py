"""Work that rayon shares out."""

import math
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from performance_snippets._core import pools


def run(code: str, **environment: str) -> str:
    code = f"import os\nfrom performance_snippets._core import pools\n{code}"
    command, environment = [sys.executable, "-c", code], {**os.environ, **environment}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_results_come_in_the_order_of_the_lines() -> None:
    lines = [f"{number}.{number % 100:02}" for number in range(5_000)]
    expected = [number * 100 + number % 100 for number in range(5_000)]
    assert pools.read_amounts(lines) == pools.read_amounts_quickly(lines) == expected
    assert pools.sort_amounts(lines) == (expected, [])
    assert pools.read_amounts([]) == []


def test_the_first_wrong_line_is_named() -> None:
    lines = ["1.00"] * 5_000
    lines[1_234], lines[4_321] = "one", "two"
    for _ in range(20):
        with pytest.raises(ValueError, match="line 1235: `one` is not an amount"):
            pools.read_amounts(lines)
        with pytest.raises(ValueError, match=r"`(one|two)` is not an amount"):
            pools.read_amounts_quickly(lines)
    amounts, errors = pools.sort_amounts(lines)
    assert amounts == [100] * 4_998
    assert errors == [(1_234, "`one` is not an amount"), (4_321, "`two` is not an amount")]


def test_parts_of_a_fixed_size_give_one_sum() -> None:
    amounts = np.random.default_rng(7).lognormal(0, 8, 1_000_003)
    sums = set()
    for threads in (1, 2, 3, 8):
        pools.set_threads(threads)
        assert pools.threads() == threads
        sums |= {pools.total(amounts) for _ in range(10)}
    pools.set_threads()
    (total,) = sums
    assert total == pytest.approx(math.fsum(amounts), rel=1e-12)
    assert pools.total_in_any_order(amounts) == pytest.approx(total, rel=1e-12)
    assert pools.total_alone(amounts) == pytest.approx(total, rel=1e-9)


def test_the_threads_have_names() -> None:
    assert {name.rstrip("0123456789") for name in pools.workers()} == {"amounts-"}


def test_a_panic_reaches_the_caller_and_the_pool_survives(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(BaseException, match="the amount is torn") as caught:
        pools.panic_in_task()
    assert type(caught.value).__name__ == "PanicException"
    assert pools.read_amounts(["1.00"]) == [100]


def test_threads_of_python_share_it() -> None:
    lines = ["1.50"] * 20_000
    with ThreadPoolExecutor(8) as executor:
        results = list(executor.map(lambda _: sum(pools.read_amounts(lines)), range(16)))
    assert results == [150 * 20_000] * 16


def test_the_pool_may_change_while_it_works() -> None:
    lines = ["1.50"] * 20_000
    with ThreadPoolExecutor(4) as executor:
        running = [executor.submit(pools.read_amounts, lines) for _ in range(8)]
        for threads in (1, 3, 2):
            pools.set_threads(threads)
        assert all(len(call.result()) == 20_000 for call in running)
    pools.set_threads()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_it_works_after_a_fork() -> None:
    code = """
assert pools.read_amounts(["1.00"]) == [100]
child = os.fork()
if child == 0:
    import faulthandler
    faulthandler.dump_traceback_later(20, exit=True)
    os._exit(0 if pools.read_amounts(["2.00"]) == [200] else 2)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    assert run(code) == "0"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_it_works_after_a_fork_while_another_thread_starts_pools() -> None:
    code = """
import faulthandler, threading
def start():
    while not ended:
        pools.set_threads(2)
ended = False
other = threading.Thread(target=start)
other.start()
codes = set()
for _ in range(20):
    child = os.fork()
    if child == 0:
        faulthandler.dump_traceback_later(20, exit=True)
        os._exit(0 if pools.read_amounts(["2.00"]) == [200] else 2)
    codes.add(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
ended = True
other.join()
print(codes)
"""
    assert run(code) == "{0}"


def test_the_environment_decides() -> None:
    assert run("print(pools.threads())", RAYON_NUM_THREADS="3") == "3"
    assert run("pools.set_threads(2); print(pools.threads())", RAYON_NUM_THREADS="3") == "2"
    assert run("print(pools.threads())", RAYON_NUM_THREADS="none") == run(
        "print(pools.threads())", RAYON_NUM_THREADS=""
    )


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the system has no affinities")
def test_the_affinity_decides_when_the_pool_starts() -> None:
    before = "os.sched_setaffinity(0, list(os.sched_getaffinity(0))[:1]); "
    environment = {"RAYON_NUM_THREADS": ""}
    assert run(f"{before} print(pools.threads(), os.cpu_count())", **environment) == f"1 {os.cpu_count()}"
    cores = len(os.sched_getaffinity(0))
    assert run(f"pools.threads(); {before} print(pools.threads())", **environment) == str(cores)


def test_the_global_pool_is_set_once() -> None:
    code = """
try:
    pools.set_global_pool(2)
except RuntimeError as error:
    print(error)
"""
    assert run(code) == "The global thread pool has already been initialized."


CASES: dict[str, Callable[[], object]] = {
    "part of 1": lambda: pools.scale(10_000, 1),
    "part of 1,000": lambda: pools.scale(10_000, 1_000),
    "alone": lambda: pools.scale(10_000, None),
}


@pytest.mark.parametrize("case", CASES)
def test_all_ways_scale(case: str) -> None:
    assert CASES[case]() == pytest.approx(math.sqrt(1.5 * 1.19))
    pools.nothing()
    assert pools.pool_for_one_call() == 2
