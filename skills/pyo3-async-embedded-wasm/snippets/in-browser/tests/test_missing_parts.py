"""What the standard libraries say in WebAssembly."""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys
import threading
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest
from browser_snippets._core import missing_parts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NODE = not hasattr(import_module("js"), "document")


def code_of(call: Callable[[], Any]) -> int | None:
    try:
        call()
    except OSError as error:
        return error.errno
    return None


# region: skip
needs_threads = pytest.mark.skipif(sys.platform == "emscripten", reason="WebAssembly has no threads")


@needs_threads
def test_a_thread_starts() -> None:
    missing_parts.start_thread()


# endregion: skip


def test_there_are_no_threads() -> None:
    assert errno.ENOTSUP == 138
    with pytest.raises(OSError, match=r"Not supported \(os error 138\)"):
        missing_parts.start_thread()
    with pytest.raises(BaseException, match="failed to spawn thread"):
        missing_parts.spawn_thread()
    with pytest.raises(RuntimeError, match="can't start new thread"):
        threading.Thread(target=int).start()
    assert missing_parts.parallelism() == 1
    assert os.cpu_count() == 1


def test_rayon_works_in_the_thread_that_calls() -> None:
    assert missing_parts.sum_of_squares(1_000) == sum(number * number for number in range(1_000))


def test_there_are_no_processes() -> None:
    with pytest.raises(OSError, match=r"os error 52"):
        missing_parts.run_program()
    assert code_of(lambda: subprocess.run(["true"], check=True)) == errno.ENOTSUP
    assert code_of(os.fork) == errno.ENOSYS
    with pytest.raises(ModuleNotFoundError):
        import_module("multiprocessing").Pool(1)


def test_a_socket_seems_to_connect_and_has_nothing_to_read() -> None:
    missing_parts.connect(9)
    with pytest.raises(OSError, match="os error"):
        missing_parts.ask(9)
    with socket.create_connection(("127.0.0.1", 9)):
        pass


def test_listening_depends_on_where_it_runs() -> None:
    if NODE:
        missing_parts.listen()
    else:
        with pytest.raises(OSError, match="Not supported"):
            missing_parts.listen()


def test_every_name_is_found() -> None:
    assert missing_parts.resolve("no.such.host").startswith("172.29.")


def test_files_are_kept_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "level.txt"
    assert missing_parts.keep(str(path), "loud") == "loud"
    assert path.read_text(encoding="utf-8") == "loud"


def test_sleeping_blocks_and_conditions_do_not_wait() -> None:
    assert 0.05 <= missing_parts.sleep(50) < 5
    assert 0.05 <= missing_parts.wait_for_message(50) < 5
    assert missing_parts.wait_for_condition(60_000) is False


def test_sizes_have_32_bits() -> None:
    assert sys.maxsize == 2**31 - 1
    assert len(missing_parts.silence(1)) == 96_000
    for seconds in (2**33 // 96_000, 2**64 // 96_000 + 1):
        with pytest.raises(ValueError, match="out of range integral type conversion attempted"):
            missing_parts.silence(seconds)
    with pytest.raises(MemoryError):
        missing_parts.silence(2**31 // 96_000 + 1)


def test_code_for_other_platforms_says_what_it_lacks() -> None:
    with pytest.raises(NotImplementedError, match="WebAssembly lacks"):
        missing_parts.upload([1])


def test_signals_are_there_but_nobody_sends_them() -> None:
    assert not hasattr(signal, "alarm")
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize("name", ["curses", "readline", "tkinter", "_multiprocessing"])
def test_modules_are_missing(name: str) -> None:
    with pytest.raises(ModuleNotFoundError):
        import_module(name)


@pytest.mark.parametrize("name", ["ctypes", "lzma", "multiprocessing", "sqlite3"])
def test_modules_are_there(name: str) -> None:
    import_module(name)


def test_ssl_can_be_imported_and_is_a_stub() -> None:
    assert import_module("ssl").OPENSSL_VERSION == "OpenSSL (stub)"


def test_the_stack_is_deep_enough_for_some_thousand_calls() -> None:
    assert missing_parts.depth(1_000) == 1_000


def test_the_platform_can_be_told() -> None:
    # region: tell
    in_browser = sys.platform == "emscripten"
    # endregion: tell
    assert in_browser
