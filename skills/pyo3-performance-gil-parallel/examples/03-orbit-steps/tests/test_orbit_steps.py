"""Steps as NumPy makes them, with any arrays and any number of threads."""

import os
import re
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from orbit_steps import accelerate, advance
from reference import make_cluster, numpy_accelerate, numpy_advance

PROJECT = Path(__file__).parents[1]


@pytest.mark.parametrize("bodies", [0, 1, 2, 7, 8, 9, 65, 300])
@pytest.mark.parametrize("threads", [None, 1, 3])
def test_accelerations_are_those_of_numpy(bodies: int, threads: int | None) -> None:
    masses, positions, _ = make_cluster(bodies)
    expected = numpy_accelerate(masses, positions, 2.0, 0.1)
    result = accelerate(masses, positions, gravity=2, softening=0.1, threads=threads)
    assert_allclose(result, expected, rtol=1e-10, atol=1e-12)
    assert result.shape == (bodies, 3)


def test_steps_are_those_of_numpy() -> None:
    cluster = make_cluster(40)
    copies = [array.copy() for array in cluster]
    expected = numpy_advance(*cluster, seconds=0.001, steps=30)
    result = advance(*cluster, seconds=0.001, steps=30, gravity=1)
    assert_allclose(result[0], expected[0], rtol=1e-9)
    assert_allclose(result[1], expected[1], rtol=1e-9)
    for array, copy in zip(cluster, copies, strict=True):
        assert_array_equal(array, copy)
    assert_array_equal(advance(*cluster, seconds=1, steps=0)[0], cluster[1])
    assert advance([], np.zeros((0, 3)), np.zeros((0, 3)), seconds=1, steps=9)[0].shape == (0, 3)


# region: determinism
def test_any_number_of_threads_has_the_same_result() -> None:
    cluster = make_cluster(500)
    first = advance(*cluster, seconds=0.001, steps=3, gravity=1, threads=1)
    for threads in (2, 3, 8):
        for one, other in zip(
            advance(*cluster, seconds=0.001, steps=3, gravity=1, threads=threads), first, strict=True
        ):
            assert_array_equal(one, other)


# endregion: determinism


def test_the_earth_goes_round_in_a_year() -> None:
    masses = [1.98892e30, 5.972e24]
    positions = np.array([[0, 0, 0], [1.495979e11, 0, 0]])
    velocities = np.array([[0, 0, 0], [0, 29_784.7, 0]])
    day = advance(masses, positions, velocities, seconds=3600, steps=24)[0]
    year = advance(masses, positions, velocities, seconds=3600, steps=8766)[0]
    assert np.linalg.norm(day[1] - positions[1]) > 2e9
    assert np.linalg.norm(year[1] - year[0] - positions[1]) < 1e9


def test_momentum_is_kept() -> None:
    masses, positions, velocities = make_cluster(200)
    after = advance(masses, positions, velocities, seconds=0.01, steps=20, gravity=1, softening=0.1)[1]
    assert_allclose(masses @ after, masses @ velocities, atol=1e-10)


@pytest.mark.parametrize(
    "change",
    [
        lambda array: array[::-1][::-1],
        np.asfortranarray,
        lambda array: array.astype(">f8"),
        lambda array: array.tolist(),
        lambda array: np.repeat(array, 2, axis=0)[::2],
    ],
)
def test_all_layouts_are_taken(change: Any) -> None:
    masses, positions, _ = make_cluster(10)
    expected = accelerate(masses, positions)
    assert_array_equal(accelerate(change(masses), change(positions)), expected)
    packed = np.zeros(10, [("flag", "u1"), ("place", "f8", (3,))])
    packed["place"] = positions
    assert_array_equal(accelerate(masses, packed["place"]), expected)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"masses": [1, 2]}, r"`positions` has the shape \[1, 3\]: expected \[2, 3\]"),
        ({"masses": [-1]}, "a mass is -1"),
        ({"masses": [np.nan]}, "a mass is NaN"),
        ({"positions": [[0, 0]]}, "the shape"),
        ({"positions": [[0, np.inf, 0]]}, "not finite"),
        ({"velocities": [[0, 0, 0, 0]]}, "the shape"),
        ({"seconds": np.inf}, "`seconds` is inf"),
        ({"gravity": np.nan}, "`gravity` is NaN"),
        ({"softening": -1}, "`softening` is -1"),
        ({"softening": np.inf}, "`softening` is inf"),
        ({"threads": 0}, "expected 1 to 256"),
        ({"threads": 257}, "expected 1 to 256"),
        ({"masses": "a"}, "could not convert"),
    ],
)
def test_values_are_checked(options: Any, message: str) -> None:
    arguments: Any = {"masses": [1], "positions": [[0, 0, 0]], "velocities": [[0, 0, 0]], "seconds": 1}
    with pytest.raises(ValueError, match=message):
        advance(**arguments | options)
    for name in ("steps", "threads"):
        with pytest.raises(OverflowError):
            advance(**arguments | {name: -1})
    with pytest.raises(TypeError):
        advance(**arguments | {"masses": [[1]]})


def test_results_are_finite_or_an_error() -> None:
    with pytest.raises(FloatingPointError, match="so close"):
        accelerate([1e300, 1e300], np.array([[0, 0, 0], [1e-100, 0, 0]]), gravity=1)
    assert not accelerate([1, 1], np.ones((2, 3))).any(), "at the same place"


# region: threads
def test_threads_may_write_to_the_arrays_meanwhile() -> None:
    masses, positions, velocities = make_cluster(300)
    expected = advance(masses, positions, velocities, seconds=0.001, steps=5, gravity=1)[0]
    copies = [positions.copy() for _ in range(8)]

    def work(copy: Any) -> Any:
        return advance(masses, copy, velocities, seconds=0.001, steps=5, gravity=1, threads=2)[0]

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(work, copies))
        future = pool.submit(advance, masses, copies[0], velocities, seconds=0.001, steps=30, gravity=1)
        while not future.done():
            copies[0][...] = np.nan
            copies[0][...] = positions
    for result in results:
        assert_array_equal(result, expected)


@pytest.mark.skipif(sys.platform == "win32", reason="there a signal ends the process")
@pytest.mark.parametrize(("bodies", "threads"), [(3, 1), (2000, 2), (0, None)])
def test_ctrl_c_ends_the_steps(bodies: int, threads: int | None) -> None:
    cluster = make_cluster(bodies)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # What a shell starts in the background ignores it.
    main = threading.main_thread().ident
    assert main is not None
    timer = threading.Timer(0.2, lambda: signal.pthread_kill(main, signal.SIGINT))

    def work() -> None:
        # Not before: the exception is expected in here, however late this thread goes on.
        timer.start()
        advance(*cluster, seconds=0, steps=2**63, threads=threads)

    with pytest.raises(KeyboardInterrupt):
        work()


# endregion: threads


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_child_computes_too() -> None:
    masses, positions, _ = make_cluster(600)
    expected = accelerate(masses, positions, threads=2)
    child = os.fork()
    if not child:
        os._exit(int((accelerate(masses, positions, threads=2) == expected).all()))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1


def test_a_process_ends_while_threads_work() -> None:
    source = """
import threading, time
import numpy as np
from orbit_steps import advance
def work(bodies):
    zeros = np.zeros((bodies, 3))
    advance(np.ones(bodies), zeros, zeros, seconds=1, steps=2**60)
for bodies in (5, 5, 600):
    threading.Thread(target=work, args=[bodies], daemon=True).start()
time.sleep(0.2)
print("end")
"""
    done = subprocess.run([sys.executable, "-c", source], check=True, stdout=subprocess.PIPE, text=True, timeout=60)
    assert done.stdout == "end\n"


def test_the_readme_runs() -> None:
    guide = (PROJECT / "README.md").read_text(encoding="utf-8")
    (source,) = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    done = subprocess.run([sys.executable, "-c", source], check=True, stdout=subprocess.PIPE, text=True, timeout=60)
    assert done.stdout.splitlines() == [line.partition("# ")[2] for line in source.splitlines() if "print(" in line]
