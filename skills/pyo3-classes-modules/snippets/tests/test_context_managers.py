"""Resources that are closed by `with`, closed twice, used after that, and not closed at all."""

import contextlib
import inspect
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from classes_snippets._core import context_managers

Journal, Valve = context_managers.Journal, context_managers.Valve
FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="only Linux has a device that is always full")


def run(code: str, *options: str) -> subprocess.CompletedProcess[str]:
    lines = f"from classes_snippets._core.context_managers import Journal\n{code}"
    lines = lines.replace(
        "from classes_snippets._core.context_managers import Journal",
        "from classes_snippets._core import context_managers\nJournal = context_managers.Journal",
    )
    command = [sys.executable, *options, "-c", lines]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_a_block_closes_whatever_happens(tmp_path: Path) -> None:
    path = tmp_path / "journal.txt"
    with Journal(path) as journal:
        journal.write("12.5")
        assert not journal.closed
        assert path.read_text(encoding="utf-8") == ""
    assert (journal.closed, path.read_text(encoding="utf-8")) == (True, "12.5\n")

    with pytest.raises(KeyboardInterrupt), Journal(path) as journal:
        raise KeyboardInterrupt
    assert journal.closed


def test_it_is_closed_twice_and_not_used_again(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.txt")
    journal.close()
    journal.close()
    with pytest.raises(ValueError, match="the journal is closed"):
        journal.write("12.5")
    with pytest.raises(ValueError, match="the journal is closed"), journal:
        pass


def test_the_protocol_is_all_that_python_asks_for(tmp_path: Path) -> None:
    assert issubclass(Journal, contextlib.AbstractContextManager)
    assert list(inspect.signature(Journal.__exit__).parameters) == ["self", "exc_type", "exc", "traceback"]
    with contextlib.ExitStack() as stack:
        journals = [stack.enter_context(Journal(tmp_path / str(number))) for number in range(3)]
    assert all(journal.closed for journal in journals)
    with contextlib.closing(Journal(tmp_path / "journal.txt")) as journal:
        pass
    assert journal.closed


@needs_full
@pytest.mark.filterwarnings("ignore:unclosed journal:ResourceWarning")
def test_an_error_while_closing_is_raised() -> None:
    journal = Journal(FULL)
    journal.write("12.5")
    with pytest.raises(OSError, match="No space left"):
        journal.close()
    assert journal.closed
    journal.close()


@needs_full
def test_an_error_while_closing_takes_the_place_of_that_of_the_block() -> None:
    def fail() -> None:
        with Journal(FULL) as journal:
            journal.write("12.5")
            raise LookupError("no such station")

    with pytest.raises(OSError, match="No space left") as caught:
        fail()
    assert isinstance(caught.value.__context__, LookupError)


def test_an_exception_that_is_there_already_gets_no_context() -> None:
    with (
        pytest.raises(OSError, match="the line is dead") as caught,
        context_managers.Handover(OSError("the line is dead")),
    ):
        raise LookupError("no such station")
    assert caught.value.__context__ is None


def test_pytest_hides_the_warning_unless_told(tmp_path: Path) -> None:
    test = tmp_path / "test_journal.py"
    test.write_text(
        "from classes_snippets._core import context_managers\n"
        f"def test_journal():\n    context_managers.Journal({str(tmp_path / 'journal.txt')!r})\n",
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "pytest", "-q", "-c", str(tmp_path / "none.toml"), str(test)]
    (tmp_path / "none.toml").touch()
    quiet, strict = (
        subprocess.run([*command, *options], capture_output=True, text=True, check=False)
        for options in ([], ["-W", "error"])
    )
    assert (quiet.returncode, "ResourceWarning" in quiet.stdout) == (0, False)
    assert (strict.returncode, "unclosed journal" in strict.stdout) == (1, True)


@needs_full
def test_without_close_an_error_is_lost() -> None:
    journal = Journal(FULL)
    journal.write("12.5")
    with pytest.warns(ResourceWarning, match="unclosed journal"):
        del journal


def test_a_resource_that_was_not_closed_warns(tmp_path: Path) -> None:
    path = tmp_path / "journal.txt"
    journal = Journal(path)
    journal.write("12.5")
    with pytest.warns(ResourceWarning, match="unclosed journal"):
        del journal
    assert path.read_text(encoding="utf-8") == "12.5\n"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with Journal(path):
            pass


def test_a_warning_leaves_an_exception_alone(tmp_path: Path) -> None:
    def fail() -> None:
        # Dropped by the call that raises, while the exception is on its way.
        sorted([3], key=lambda _: Journal(tmp_path / "journal.txt").missing)

    with pytest.warns(ResourceWarning), pytest.raises(AttributeError, match="missing"):
        fail()


def test_a_warning_that_is_an_error_cannot_be_raised(tmp_path: Path) -> None:
    done = run(f"journal = Journal({str(tmp_path / 'journal.txt')!r})\ndel journal\nprint('on')", "-W", "error")
    assert (done.returncode, done.stdout) == (0, "on\n")
    assert "ResourceWarning: unclosed journal" in done.stderr


@pytest.mark.parametrize(
    ("end", "text"),
    [("", "12.5\n"), ("sys.exit(1)", "12.5\n"), ("os._exit(0)", ""), ("os.abort()", "")],
    ids=["end", "exit", "_exit", "abort"],
)
def test_what_is_written_at_the_end_of_the_process(tmp_path: Path, end: str, text: str) -> None:
    path = tmp_path / "journal.txt"
    run(f"import os, sys\njournal = Journal({str(path)!r})\njournal.write('12.5')\n{end}")
    assert path.read_text(encoding="utf-8") == text


def test_an_object_that_is_kept_alive_is_never_dropped(tmp_path: Path) -> None:
    path = tmp_path / "journal.txt"
    kept = "import atexit, ctypes\nctypes.pythonapi.Py_IncRef(ctypes.py_object(journal))"
    run(f"journal = Journal({str(path)!r})\njournal.write('12.5')\n{kept}")
    assert path.read_text(encoding="utf-8") == ""


def test_true_ends_an_exception() -> None:
    valve = Valve()
    with valve.held("repair", survive=LookupError):
        assert valve.holds == ["repair"]
        raise KeyError("no such part")
    assert valve.holds == []
    with pytest.raises(ValueError, match="burst"), valve.held("repair", survive=LookupError):
        raise ValueError("burst")
    with valve.held("repair", survive=LookupError), valve.held("flood"):
        assert valve.holds == ["repair", "flood"]
    assert valve.holds == []
