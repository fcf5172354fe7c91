"""A script in the sandbox: what it can do, and what it can't."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from component import SandboxError, Script, ScriptError, TooLongError, edit_distance

PROJECT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def script(tmp_path_factory: pytest.TempPathFactory) -> Script:
    """Build the component, and compile it."""
    built = tmp_path_factory.mktemp("dist") / "script.wasm"
    subprocess.run([sys.executable, "script/build.py", str(built)], cwd=PROJECT, check=True)
    return Script(built)


def test_the_script_calls_the_function_of_the_host(script: Script) -> None:
    assert script.correct("pyhton and rsut", ["python", "rust"]) == "python and rust"
    assert script.correct("nothing is known", []) == "nothing is known"


def test_an_error_of_the_host_ends_the_script(script: Script) -> None:
    with pytest.raises(TooLongError):
        edit_distance("x" * 1001, "x")
    with pytest.raises(SandboxError):
        script.correct("x" * 1001, ["x"])
    # The next call begins anew.
    assert script.correct("rsut", ["rust"]) == "rust"


def test_a_script_that_takes_too_long_is_stopped(script: Script) -> None:
    start = time.monotonic()
    with pytest.raises(ScriptError):
        script.correct("word " * 100_000, ["words", "sword"] * 10, seconds=0.5)
    assert time.monotonic() - start < 10


def test_a_script_that_is_stopped_stops_no_other(script: Script) -> None:
    def stopped() -> None:
        with pytest.raises(ScriptError):
            script.correct("word " * 100_000, ["words", "sword"] * 10, seconds=0.2)

    with ThreadPoolExecutor() as threads:
        waiting = [threads.submit(stopped) for _ in range(3)]
        for _ in range(20):
            assert script.correct("rsut", ["rust"]) == "rust"
        for future in waiting:
            future.result()


def test_a_script_that_takes_too_much_memory_is_stopped(script: Script) -> None:
    with pytest.raises(ScriptError):
        script.correct("rsut", ["rust"], megabytes=1)


def test_other_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "script.wasm"
    path.write_bytes(b"no component")
    with pytest.raises(ScriptError, match="is not a component"):
        Script(path)
