"""Scripts that a host runs, and their errors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from subprocess import CompletedProcess

    Host = Callable[..., CompletedProcess[str]]

SCRIPTS = Path(__file__).resolve().parent.parent / "host/scripts"


@pytest.fixture
def run(host: Host, tmp_path: Path) -> Callable[[str], CompletedProcess[str]]:
    """Return a function that runs a script."""

    def run(code: str) -> CompletedProcess[str]:
        path = tmp_path / "rule.py"
        path.write_text(code, encoding="utf-8")
        return host("scripts", "run", path)

    return run


def test_scripts_share_no_names_and_errors_have_their_line(host: Host) -> None:
    done = host("scripts", "run", SCRIPTS / "quotes.py", SCRIPTS / "discounts.py")
    assert (done.returncode, done.stdout) == (1, "124.00\n")
    assert done.stderr == f"error: {SCRIPTS / 'discounts.py'}:8: KeyError: 'strangers'\n"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("price = 3\ndef total(:\n    pass\n", ":2: SyntaxError: invalid syntax"),
        ("if True:\nprice = 3\n", ":2: IndentationError: expected an indented block after 'if' statement on line 1"),
        ("price = 'é'.encode('ascii')\n", ":1: UnicodeEncodeError: 'ascii' codec can't encode character"),
        # Its `lineno` is that of the text, and its innermost frame is not the script's.
        ("import json\n\ndef main():\n    json.loads('{')\n", ":4: JSONDecodeError: Expecting property name"),
        ("raise SystemError\n", ":1: SystemError: "),
        ("def main():\n    main()\n", ":2: RecursionError: maximum recursion depth exceeded"),
        ("class Odd(Exception):\n    def __str__(self):\n        return 1 / 0\nraise Odd\n", "Odd"),
    ],
)
def test_an_error_says_where_and_what(code: str, message: str, run: Callable[[str], CompletedProcess[str]]) -> None:
    done = run(code)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("code", "status", "message"),
    [
        ("import sys; sys.exit()", 0, ""),
        ("import sys; sys.exit(3)", 3, ""),
        ("import sys; sys.exit('no oak left')", 1, "no oak left\n"),
        ("raise KeyboardInterrupt", 130, ""),
    ],
)
def test_exits_have_a_code(code: str, status: int, message: str, run: Callable[[str], CompletedProcess[str]]) -> None:
    done = run(code)
    assert (done.returncode, done.stderr) == (status, message)


def test_a_file_that_is_no_script_is_refused(host: Host, tmp_path: Path) -> None:
    done = host("scripts", "run", tmp_path / "none.py")
    assert done.returncode == 2
    assert "none.py" in done.stderr
    (tmp_path / "nul.py").write_bytes(b"price = '\0'")
    done = host("scripts", "run", tmp_path / "nul.py")
    assert done.returncode == 2
    assert "nul byte found" in done.stderr


def test_a_script_has_a_name_and_a_file(run: Callable[[str], CompletedProcess[str]]) -> None:
    done = run(
        "import sys\nprint(__name__ in sys.modules, __name__.startswith('script:'), __file__.endswith('rule.py'))"
    )
    assert done.stdout == "True True True\n"


SHOWN = {
    "main": "3 __main__\n",
    "one dict": "6\nTrue\n",
    "same name": "true true\n",
    "failed": "true false\n",
    "captured": r'"a price\na warning\n"' + "\nfree again\n",
}


@pytest.mark.parametrize("what", SHOWN)
def test_namespaces_and_output(what: str, host: Host) -> None:
    done = host("scripts", "show", what)
    assert (done.returncode, done.stdout.lower()) == (0, SHOWN[what].lower())


def test_functions_do_not_see_separate_locals(host: Host) -> None:
    done = host("scripts", "show", "two dicts")
    assert "NameError: name 'rate' is not defined" in done.stderr


def test_only_known_files_show_their_lines(host: Host) -> None:
    assert "return 1 / 0" not in host("scripts", "show", "anonymous").stderr
    done = host("scripts", "show", "memory")
    assert 'File "<rule 7>", line 2, in total\n    return 1 / 0' in done.stderr


def test_to_print_an_exit_ends_the_program(host: Host) -> None:
    done = host("scripts", "show", "print error")
    assert (done.returncode, done.stdout) == (7, "")
    done = host("scripts", "show", "display error")
    assert (done.returncode, done.stdout) == (0, "still here\n")
    assert "SystemExit: 7" in done.stderr


def test_nothing_is_flushed_and_no_atexit_runs_at_the_end(host: Host, cargo_environment: dict[str, str]) -> None:
    environment = {name: value for name, value in cargo_environment.items() if name != "PYTHONUNBUFFERED"}
    assert host("scripts", "show", "unflushed", environment=environment).stdout == ""
    assert host("scripts", "show", "atexit", environment=environment).stdout == ""


def test_a_warning_is_shown_once(host: Host) -> None:
    done = host("scripts", "show", "warning")
    assert done.stderr.count("UserWarning: old rule") == 1


def test_the_name_of_a_module_is_taken_as_it_is(run: Callable[[str], CompletedProcess[str]]) -> None:
    done = run("import pickle\nclass Quote: pass\nprint(type(pickle.loads(pickle.dumps(Quote()))) is Quote)")
    assert done.stdout == "True\n"
