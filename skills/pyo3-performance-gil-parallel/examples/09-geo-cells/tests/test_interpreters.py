"""The module in other interpreters of the process, each with a GIL of its own."""

import importlib
import os
import subprocess
import sys
from array import array
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from typing import Any

import pytest

# Its name since 3.13, and before.
NAME = next((name for name in ("_interpreters", "_xxsubinterpreters") if find_spec(name)), "")
pytestmark = pytest.mark.skipif(
    not NAME or sys.version_info < (3, 12), reason="this Python has no interpreters with a GIL of their own"
)


def run(code: str) -> None:
    """Run code in a new interpreter that shares no lock with this one."""
    interpreters: Any = importlib.import_module(NAME)
    interpreter = interpreters.create()
    try:
        # From 3.13 on an exception is returned, before it is raised.
        execute = getattr(interpreters, "exec", None) or interpreters.run_string
        failure = execute(interpreter, code)
        assert failure is None, failure
    finally:
        interpreters.destroy(interpreter)


def run_in_threads(count: int, code: str) -> None:
    """Run code in as many interpreters, at the same time."""
    with ThreadPoolExecutor(count) as pool:
        list(pool.map(run, [code] * count))


USE = """
from array import array
from geo_cells._core import CellError, count_cells, decode, encode, neighbors
for number in range(200):
    assert encode(57.64911, 10.40744, 11) == "u4pruydqqvj"
    assert len(neighbors("ezs42")) == 8
    assert count_cells(array("d", [1, 2] * 1000)) == {encode(1, 2, 5): 1000}
    try:
        decode("a")
    except CellError as error:
        assert isinstance(error, ValueError)
    else:
        raise AssertionError
"""


def test_an_interpreter_imports_it() -> None:
    run(USE)


def test_interpreters_use_it_at_the_same_time() -> None:
    for _ in range(3):
        run_in_threads(4, USE)


# region: state
def test_each_has_an_exception_of_its_own() -> None:
    from geo_cells import CellError

    read, write = os.pipe()
    run(f"import os; from geo_cells._core import CellError; os.write({write}, str(id(CellError)).encode())")
    # At another address, though this one is alive.
    assert int(os.read(read, 100)) != id(CellError)
    os.close(read)
    os.close(write)


# endregion: state


def test_one_that_ends_leaves_the_others() -> None:
    from geo_cells import CellError, decode

    for _ in range(20):
        run("from geo_cells._core import CellError, decode")
    with pytest.raises(CellError):
        decode("a")


def test_an_error_ends_the_code_of_one() -> None:
    with pytest.raises((RuntimeError, AssertionError), match=r"there is no latitude 91|CellError"):
        run("from geo_cells._core import encode; encode(91, 0)")


# region: own
def test_none_waits_for_the_lock_of_another() -> None:
    # The clock is one for all: with one lock, the second would begin when the first is done, each time.
    assert any(run_beside_each_other() for _ in range(5))


def run_beside_each_other() -> bool:
    read, write = os.pipe()
    code = (
        "import os, time\n"
        "from geo_cells._core import encode\n"
        "import sys; sys.setswitchinterval(1000)\n"
        "start = time.monotonic()\n"
        "while time.monotonic() < start + 1: encode(1, 2)\n"
        f"os.write({write}, f'{{start}} {{time.monotonic()}}\\n'.encode())\n"
    )
    run_in_threads(2, code)
    (first, first_end), (second, second_end) = (
        map(float, line.split()) for line in os.read(read, 1000).decode().splitlines()
    )
    os.close(read)
    os.close(write)
    return max(first, second) < min(first_end, second_end)


# endregion: own


def test_the_process_ends_well() -> None:
    program = (
        "import importlib\n"
        f"interpreters = importlib.import_module({NAME!r})\n"
        "execute = getattr(interpreters, 'exec', None) or interpreters.run_string\n"
        "import geo_cells\n"
        "for _ in range(5): execute(interpreters.create(), 'import geo_cells._core')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (0, b"")


def reverse(places: "array[float]") -> None:
    places.reverse()


@pytest.mark.skipif(sys.version_info < (3, 14), reason="`concurrent.interpreters` came with 3.14")
def test_it_works_with_the_public_module() -> None:
    interpreters: Any = importlib.import_module("concurrent.interpreters")
    interpreter = interpreters.create()
    interpreter.exec(USE)
    geo_cells, places = importlib.import_module("geo_cells"), array("d", [0, 0])
    assert interpreter.call(geo_cells.encode, 1, 2, 3) == "s01"
    # The memory that a view shows is shared, and an array is copied.
    interpreter.prepare_main(view=memoryview(places))
    interpreter.exec("view[0] = 42.605; view[1] = -5.603")
    assert geo_cells.count_cells(places) == interpreter.call(geo_cells.count_cells, places) == {"ezs42": 1}
    interpreter.call(reverse, places)
    assert places[0] == 42.605
    interpreter.close()
