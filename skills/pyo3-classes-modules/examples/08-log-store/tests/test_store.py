"""What a store keeps, and when it refuses to."""

import gc
import os
import re
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from log_store import (
    CorruptStoreError,
    Store,
    StoreClosedError,
    StoreError,
    StoreLockedError,
    Transaction,
    TransactionError,
)

PROJECT = Path(__file__).parents[1]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "a.log") as store:
        yield store


def put(store: Store, **values: bytes) -> None:
    with store.transaction() as transaction:
        for key, value in values.items():
            transaction[key.encode()] = value


def content(store: Store) -> dict[bytes, bytes]:
    return {key: store[key] for key in store.keys()}  # noqa: SIM118


def test_values_are_there_when_the_store_is_opened_again(tmp_path: Path) -> None:
    with Store(tmp_path / "a.log") as store:
        put(store, a=b"1", b=b"")
        put(store, a=b"2", c=bytes(range(256)))
        with store.transaction() as transaction:
            del transaction[b"b"]
        assert store.recovered == 0
    with Store(str(tmp_path / "a.log")) as store:
        assert content(store) == {b"a": b"2", b"c": bytes(range(256))}
        assert (len(store), b"a" in store, b"b" in store, store.path) == (2, True, False, tmp_path / "a.log")


def test_keys_are_listed_by_what_they_begin_with(store: Store) -> None:
    put(store, user_2=b"", user_1=b"", used=b"", v=b"")
    assert store.keys() == [b"used", b"user_1", b"user_2", b"v"]
    assert store.keys(b"user") == [b"user_1", b"user_2"]
    assert store.keys(b"\xff") == []


def test_a_key_that_is_missing_is_a_key_error(store: Store) -> None:
    with pytest.raises(KeyError) as caught:
        store[b"gone"]
    assert caught.value.args == (b"gone",)
    assert store.get(b"gone") is None
    assert store.get(b"gone", 5) == 5
    assert store
    with store.transaction() as transaction, pytest.raises(KeyError):
        del transaction[b"gone"]
    with pytest.raises(TypeError):
        store["text"]  # type: ignore[index]


# region: atomic
@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt(), GeneratorExit()], ids=repr)
def test_an_exception_rolls_back(store: Store, error: BaseException) -> None:
    put(store, a=b"1")
    with pytest.raises(type(error)) as caught, store.transaction() as transaction:  # noqa: PT012
        transaction[b"a"] = b"2"
        transaction[b"b"] = b"3"
        raise error
    assert caught.value is error
    assert content(store) == {b"a": b"1"}
    put(store, a=b"4")
    assert content(store) == {b"a": b"4"}


def test_a_transaction_sees_its_own_writes_and_nobody_else_does(store: Store) -> None:
    put(store, a=b"1", b=b"2")
    with store.transaction() as transaction:
        transaction[b"a"] = b"3"
        del transaction[b"b"]
        assert (transaction[b"a"], transaction.get(b"b"), b"b" in transaction) == (b"3", None, False)
        assert content(store) == {b"a": b"1", b"b": b"2"}
    assert content(store) == {b"a": b"3"}


# endregion: atomic


def test_transactions_are_not_nested(store: Store) -> None:
    with store.transaction() as outer:
        outer[b"a"] = b"1"
        with pytest.raises(TransactionError, match="of this thread is open already"), store.transaction():
            raise AssertionError("never reached")
    assert content(store) == {b"a": b"1"}


def test_a_transaction_is_used_once_and_within_its_block(store: Store) -> None:
    transaction = store.transaction()
    with pytest.raises(TransactionError, match="is not open"):
        transaction[b"a"] = b"1"
    with transaction:
        pass
    with pytest.raises(TransactionError, match="is not open"):
        transaction.get(b"a")
    with pytest.raises(TransactionError, match="was used before"):
        transaction.__enter__()
    with pytest.raises(TypeError):
        Transaction()


def test_a_transaction_that_changes_nothing_writes_nothing(store: Store) -> None:
    size = store.path.stat().st_size
    with store.transaction():
        pass
    assert store.path.stat().st_size == size


def test_a_transaction_that_is_abandoned_lets_others_go_on(store: Store) -> None:
    def work() -> Generator[None]:
        with store.transaction() as transaction:
            transaction[b"a"] = b"1"
            yield

    left = work()
    next(left)
    del left
    abandoned = store.transaction()
    abandoned.__enter__()
    del abandoned
    gc.collect()
    put(store, b=b"2")
    assert content(store) == {b"b": b"2"}


USES: list[Callable[[Store], object]] = [
    lambda store: store[b"a"],
    lambda store: store.get(b"a"),
    lambda store: b"a" in store,
    len,
    lambda store: store.keys(),
    lambda store: store.transaction(),
    lambda store: store.__enter__(),
]


# region: closed
@pytest.mark.parametrize("use", USES)
def test_a_closed_store_says_so(store: Store, use: Callable[[Store], object]) -> None:
    store.close()
    store.close()
    with pytest.raises(StoreClosedError, match=r"^the store is closed$"):
        use(store)
    assert store.closed
    assert repr(store) == f"<Store {str(store.path)!r}, closed>".replace("'", '"')


def test_a_transaction_can_t_be_committed_to_a_closed_store(store: Store) -> None:
    with pytest.raises(StoreClosedError), store.transaction() as transaction:  # noqa: PT012
        transaction[b"a"] = b"1"
        store.close()
    with Store(store.path) as again:
        assert content(again) == {}


# endregion: closed


# region: forgotten
def test_a_store_that_nobody_closed_warns(tmp_path: Path) -> None:
    store = Store(tmp_path / "a.log")
    put(store, a=b"1")
    with pytest.warns(ResourceWarning, match="a store was never closed"):
        del store
    with Store(tmp_path / "a.log") as store:
        assert content(store) == {b"a": b"1"}


def test_a_store_that_was_closed_does_not_warn(tmp_path: Path) -> None:
    # Warnings are errors in these tests.
    store = Store(tmp_path / "a.log")
    store.close()
    gone = weakref.ref(store)
    del store
    assert gone() is None


# endregion: forgotten


def test_a_warning_leaves_the_exception_alone_that_is_on_its_way(tmp_path: Path) -> None:
    # The store is dropped while the KeyError is set.
    with pytest.warns(ResourceWarning), pytest.raises(KeyError, match="gone"):
        Store(tmp_path / "a.log")[b"gone"]


def test_a_file_has_one_store_at_a_time(store: Store) -> None:
    with pytest.raises(StoreLockedError, match="is in use by another store"):
        Store(store.path)
    program = (
        "import sys\nfrom log_store import Store, StoreLockedError\n"
        "try:\n    Store(sys.argv[1])\nexcept StoreLockedError:\n    print('locked')\n"
    )
    assert run_program(program, str(store.path)) == "locked\n"
    store.close()
    Store(store.path).close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs `fork`")
def test_a_forked_child_can_t_commit_what_its_parent_began(store: Store) -> None:
    program = (
        "import os, sys\nfrom log_store import Store, TransactionError\n"
        "with Store(sys.argv[1]) as store:\n"
        "    try:\n        with store.transaction() as transaction:\n            transaction[b'a'] = b'1'\n"
        "            child = os.fork()\n            transaction[b'b'] = b'2'\n"
        "            if child:\n                code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])\n"
        "    except TransactionError:\n        os._exit(7)\n"
        "    print(code, store.keys())\n"
        "with Store(sys.argv[1]) as store:\n    print(store.keys(), store.recovered)\n"
    )
    assert run_program(program, str(store.path) + ".fork") == "7 [b'a', b'b']\n[b'a', b'b'] 0\n"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs `fork`")
def test_a_forked_child_can_t_write(store: Store) -> None:
    program = (
        "import os, sys\nfrom log_store import Store, TransactionError\n"
        "with Store(sys.argv[1]) as store:\n"
        "    child = os.fork()\n"
        "    try:\n        with store.transaction() as transaction:\n            transaction[b'a'] = b'1'\n"
        "    except TransactionError:\n        os._exit(7)\n"
        "    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), store.keys())\n"
    )
    assert run_program(program, str(store.path) + ".fork") == "7 [b'a']\n"


def test_threads_take_turns(store: Store) -> None:
    put(store, counter=b"0")

    def count(_: int) -> None:
        with store.transaction() as transaction:
            # Another thread that came between would be lost.
            transaction[b"counter"] = str(int(transaction[b"counter"]) + 1).encode()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(count, range(100)))
    assert store[b"counter"] == b"100"


def test_who_reads_does_not_wait_for_a_transaction(store: Store) -> None:
    put(store, a=b"1")
    opened, done = threading.Event(), threading.Event()

    def write() -> None:
        with store.transaction() as transaction:
            transaction[b"a"] = b"2"
            opened.set()
            done.wait(10)

    thread = threading.Thread(target=write)
    thread.start()
    opened.wait(10)
    assert store[b"a"] == b"1"
    done.set()
    thread.join()
    assert store[b"a"] == b"2"


def test_ctrl_c_ends_the_wait_for_a_transaction(tmp_path: Path) -> None:
    program = (
        "import signal, sys, threading, time\nfrom log_store import Store\n"
        "store = Store(sys.argv[1])\nopened, done = threading.Event(), threading.Event()\n"
        "def hold():\n"
        "    with store.transaction():\n        opened.set()\n        done.wait(30)\n"
        "threading.Thread(target=hold).start()\nopened.wait()\n"
        "try:\n    threading.Timer(0.2, signal.raise_signal, [signal.SIGINT]).start()\n"
        "    with store.transaction():\n        print('never')\n"
        "except KeyboardInterrupt:\n    print('interrupted')\n"
        "done.set()\nstore.close()\n"
    )
    assert run_program(program, str(tmp_path / "a.log")) == "interrupted\n"


def test_exceptions_have_a_base_of_the_package_and_one_of_python() -> None:
    for error, builtin in (
        (StoreClosedError, ValueError),
        (StoreLockedError, BlockingIOError),
        (CorruptStoreError, ValueError),
        (TransactionError, RuntimeError),
    ):
        assert issubclass(error, StoreError)
        assert issubclass(error, builtin)


def run_program(source: str, *arguments: str) -> str:
    command = [sys.executable, "-c", source, *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=60).stdout


def test_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    guide = (PROJECT / "README.md").read_text(encoding="utf-8")
    start = time.monotonic()
    assert run_program("\n".join(re.findall(r"```python\n(.*?)```", guide, re.DOTALL))) == "b'7' [b'stock/bolt']\n"
    assert time.monotonic() - start < 30
