"""What type checkers and editors know of the package."""

import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import term_find

PROJECT = Path(__file__).parent.parent


def run(*command: str) -> str:
    """Run a Python program in the project's folder, and return what it prints."""
    result = subprocess.run([sys.executable, *command], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


# region: stubs
def test_the_stubs_are_those_of_the_rust_code() -> None:
    run("stubs.py", "--check")


def test_the_stubs_describe_the_module() -> None:
    assert "Success" in run("-m", "mypy.stubtest", "term_find")


# endregion: stubs


# region: consumer
def test_a_user_s_code_has_types() -> None:
    assert "Success" in run("-m", "mypy", "--strict", "tests/consumer.py")
    assert run("tests/consumer.py") == "2 2 [(3, 11)] from Y to NY\n"


# endregion: consumer


def test_the_package_says_that_it_has_types() -> None:
    assert files(term_find).joinpath("py.typed").is_file()
