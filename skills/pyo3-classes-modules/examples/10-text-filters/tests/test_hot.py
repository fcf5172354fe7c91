"""Filters whose code changes while the program runs."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from text_filters import GenerationError, HotFilter, Pipeline, Reason, Registry

# It counts in its state, and says which version of the code it is.
SOURCE = """
class Count:
    api_version = 1

    def __init__(self):
        self.calls = 0

    def apply(self, text):
        self.calls += 1
        return f"{text} {self.calls} of VERSION"

    def __getstate__(self):
        return {"calls": self.calls}

    def __setstate__(self, state):
        self.calls = state["calls"]
"""
Write = Callable[[str], None]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Return what writes a version of the filter's module, for this process's children to find."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")

    def write(text: str) -> None:
        (tmp_path / "counting.py").write_text(text, encoding="utf-8")

    write(SOURCE)
    return write


@pytest.fixture
def count(write: Write) -> Iterator[HotFilter]:
    """Return the filter, and look for what it leaves behind."""
    before = children()
    with HotFilter("counting:Count") as count:
        yield count
    assert children() == before


def children() -> set[str]:
    """Return the child processes, where the system tells."""
    path = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    return set(path.read_text(encoding="ascii").split()) if path.exists() else set()


def test_new_code_is_used_and_the_state_kept(count: HotFilter, write: Write) -> None:
    for version in range(10):
        write(SOURCE.replace("VERSION", str(version)))
        count.reload()
        assert count.apply("call") == f"call {version + 1} of {version}"


def test_a_pipeline_runs_on_while_the_code_changes(count: HotFilter, write: Write) -> None:
    registry = Registry()
    registry.register("count", count)
    pipeline = Pipeline([registry["count"], registry["trim"]])
    results: list[tuple[str, int]] = []
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set():
            text, problems = pipeline.run("call")
            results.append((text, len(problems)))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for version in range(5):
        write(SOURCE.replace("VERSION", str(version)))
        count.reload()
    stop.set()
    for thread in threads:
        thread.join()
    assert not any(failures for _, failures in results)
    # Each call counted once, whichever generation it met.
    assert sorted(int(text.split()[1]) for text, _ in results) == list(range(1, len(results) + 1))


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("class Count\n", SyntaxError),
        ("import nowhere\n", ModuleNotFoundError),
        ("class Other: ...\n", AttributeError),
        (SOURCE.replace('state["calls"]', 'state["gone"]'), KeyError),
        ("import os\nos._exit(3)\n", GenerationError),
    ],
)
def test_what_fails_leaves_the_old_generation(
    count: HotFilter, write: Write, source: str, error: type[Exception]
) -> None:
    assert count.apply("call") == "call 1 of VERSION"
    write(source)
    with pytest.raises(error):
        count.reload()
    assert count.apply("call") == "call 2 of VERSION"


def test_a_class_without_a_state_starts_anew(write: Write) -> None:
    write(SOURCE.replace("__setstate__", "set_state"))
    with HotFilter("counting:Count") as count:
        count.apply("call")
        count.reload()
        assert count.apply("call") == "call 1 of VERSION"


def test_a_dead_process_is_reported_and_replaced(count: HotFilter, write: Write) -> None:
    write(SOURCE.replace("self.calls += 1", "import os; os._exit(3)"))
    count.reload()
    registry = Registry()
    registry.register("count", count)
    text, [problem] = Pipeline([registry["count"]]).run("call")
    assert (text, problem.reason, str(problem.exception)) == (
        "call",
        Reason.APPLY,
        "the process of the filter has ended",
    )
    write(SOURCE)
    count.reload()
    assert count.apply("call") == "call 1 of VERSION"


def test_one_that_hangs_is_ended(write: Write) -> None:
    before = children()
    # Before its first answer, so that a slow start of the process makes no difference.
    write("import time\ntime.sleep(60)\n")
    with pytest.raises(GenerationError, match="did not answer in time"):
        HotFilter("counting:Count", timeout=0.5)
    assert children() == before


def test_exceptions_and_output_of_the_filter_arrive(count: HotFilter, write: Write) -> None:
    write(SOURCE.replace("self.calls += 1", "print('on stdout'); raise ValueError(text)"))
    count.reload()
    with pytest.raises(ValueError, match=r"^call$"):
        count.apply("call")
    write(SOURCE.replace("self.calls += 1", "raise type('Local', (Exception,), {})(text)"))
    count.reload()
    with pytest.raises(RuntimeError, match="can't be pickled: Local"):
        count.apply("call")


def test_an_answer_that_can_t_be_unpickled_is_gone(
    count: HotFilter, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The host has another version of the module.
    monkeypatch.setitem(sys.modules, "counting", ModuleType("counting"))
    fail = "if text == 'wrong': raise NewError; self.calls += 1"
    write("class NewError(Exception): ...\n" + SOURCE.replace("self.calls += 1", fail.replace("; ", "\n        ")))
    count.reload()
    with pytest.raises(AttributeError, match="NewError"):
        count.apply("wrong")
    assert count.apply("call") == "call 1 of VERSION"


@pytest.mark.skipif(sys.platform == "win32", reason="there a process can't be sent Ctrl-C alone")
def test_an_answer_that_was_not_waited_for_is_not_taken_for_the_next(count: HotFilter, write: Write) -> None:
    interrupt = "import os, signal, time; os.kill(os.getppid(), signal.SIGINT); time.sleep(60)"
    write(SOURCE.replace("self.calls += 1", interrupt))
    count.reload()
    with pytest.raises(KeyboardInterrupt):
        count.apply("call")
    with pytest.raises(GenerationError, match="has ended"):
        count.apply("other")
    write(SOURCE)
    count.reload()
    assert count.apply("call") == "call 1 of VERSION"


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs /proc, to find the process")
def test_ctrl_c_is_left_to_the_host(write: Write) -> None:
    before = children()
    with HotFilter("counting:Count") as count:
        (process,) = children() - before
        os.kill(int(process), signal.SIGINT)
        assert count.apply("call") == "call 1 of VERSION"
