"""What happens to a module of PyO3 in a second interpreter, in a process of its own."""

import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import performance_snippets
import pytest

PACKAGES = Path(performance_snippets.__file__).parents[1]
REFUSED = "PyO3 modules do not yet support subinterpreters, see https://github.com/PyO3/pyo3/issues/576"
START = f"""
import sys

sys.path.insert(0, {str(PACKAGES)!r})
try:
    import _interpreters as interpreters  # 3.13
    create, run = interpreters.create, interpreters.exec
except ImportError:
    import _xxsubinterpreters as interpreters  # before
    create = lambda kind: interpreters.create(isolated=kind == "isolated")
    run = interpreters.run_string

TRY = '''
import sys
sys.path.insert(0, {str(PACKAGES)!r})
try:
    from performance_snippets._core import guide
    print("imported")
except ImportError as error:
    print(error)
'''
"""


def run_python(code: str) -> list[str]:
    """Run code that may use `create`, `run` and `TRY`, and return the lines that it prints."""
    command = [sys.executable, "-W", "ignore", "-c", START + dedent(code)]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.splitlines()


def test_a_second_interpreter_with_the_same_gil_is_refused_by_pyo3() -> None:
    assert run_python("exec(TRY); run(create('legacy'), TRY)") == ["imported", REFUSED]


def test_the_first_interpreter_that_imports_keeps_the_module_for_good() -> None:
    code = """
        first = create("legacy")
        run(first, TRY)
        exec(TRY)
        interpreters.destroy(first)
        run(create("legacy"), TRY)
    """
    assert run_python(code) == ["imported", REFUSED, REFUSED]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="an interpreter with a GIL of its own needs Python 3.12")
def test_an_interpreter_with_a_gil_of_its_own_is_refused_by_python() -> None:
    refused = "module performance_snippets._core does not support loading in subinterpreters"
    assert run_python("run(create('isolated'), TRY)") == [refused]


def test_a_module_that_is_imported_again_in_its_interpreter_is_made_anew_with_the_same_classes() -> None:
    code = """
        from performance_snippets import _core
        for name in [name for name in sys.modules if name.startswith("performance_snippets")]:
            del sys.modules[name]
        from performance_snippets import _core as again
        print(again is _core, again.guide.Visits is _core.guide.Visits)
    """
    assert run_python(code) == ["False True"]
