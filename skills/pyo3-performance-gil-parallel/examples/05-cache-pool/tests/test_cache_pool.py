"""A client beside a server on loopback: many threads, slow and bad answers, and the end of both."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from cache_pool import CacheError, Client
from conftest import NASTY, Server

PROJECT = Path(__file__).parents[1]


def wait_until(ready: Any) -> None:
    deadline = time.monotonic() + 20
    while not ready():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_values_are_kept(server: Server) -> None:
    with Client(server.address) as client:
        assert client.get("a") is None
        for value in (b"", b"x\r\nEND\r\n", bytes(range(256)) * 4000):
            client.set("a", value, seconds=60)
            assert client.get("a") == value
        assert client.status() == (1, 1, 0)
        client.set("ü:1", b"1")
        assert server.values["ü:1"] == b"1"


@pytest.mark.parametrize("key", ["", "a b", "a\r\nflush_all", "a\n", "\0", "x" * 251, "ü" * 126])
def test_keys_can_not_be_requests(server: Server, key: str) -> None:
    client = Client(server.address)
    with pytest.raises(ValueError, match="a key has 1 to 250 bytes"):
        client.get(key)
    with pytest.raises(ValueError, match="a key has 1 to 250 bytes"):
        client.set(key, b"")
    assert client.status() == (0, 0, 0)


def test_options_are_checked(server: Server) -> None:
    for size in (0, 1025):
        with pytest.raises(ValueError, match="`size` is"):
            Client("a:1", size=size)
    for timeout in (0, -1, 1e9, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="`timeout` is"):
            Client("a:1", timeout=timeout)
    with pytest.raises(ValueError, match="may have 8388608"):
        Client(server.address).set("a", bytes(8 * 2**20 + 1))
    with pytest.raises(OverflowError):
        Client(server.address).set("a", b"", seconds=-1)


@pytest.mark.parametrize("address", ["", "nothing", "127.0.0.1:", "127.0.0.1:99999", "a b:1", "127.0.0.1:1"])
def test_addresses_without_a_server(address: str) -> None:
    client = Client(address, timeout=0.5)
    for _ in range(3):
        with pytest.raises(OSError, match=r".+"):
            client.get("a")
    assert client.status() == (0, 0, 0)


# region: health
@pytest.mark.parametrize("key", NASTY)
def test_after_a_bad_answer_the_connection_is_not_used_again(server: Server, key: str) -> None:
    with Client(server.address, size=1, timeout=2) as client:
        client.set("a", b"1")
        if key == "twice":
            assert client.get(key) is None
            time.sleep(0.05)
        else:
            with pytest.raises((CacheError, OSError)):
                client.get(key)
        assert client.get("a") == b"1"
        assert server.connections == 2


def test_a_connection_that_the_server_closed_is_replaced(server: Server) -> None:
    with Client(server.address, size=1) as client:
        with pytest.raises(OSError, match=r"end of file|reset"):
            client.get("close")
        client.set("a", b"1")
        assert (client.get("a"), server.connections) == (b"1", 2)


def test_an_answer_that_is_late_is_nobodys(server: Server) -> None:
    with Client(server.address, size=1, timeout=1) as client:
        client.set("a", b"1")
        with pytest.raises(TimeoutError, match="did not answer in time"):
            client.get("slow")
        server.may_answer.set()
        assert client.get("slow") is None
        assert client.get("a") == b"1"


# endregion: health


# region: threads
def test_many_threads_share_few_connections(server: Server) -> None:
    client = Client(server.address, size=3, timeout=30)

    def work(number: int) -> None:
        for turn in range(30):
            client.set(f"key-{number}", f"{number} {turn}".encode())
            assert client.get(f"key-{number}") == f"{number} {turn}".encode()

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(work, range(12)))
    assert 1 <= server.connections <= 3
    assert client.status() == (server.connections, server.connections, 0)


def test_who_waits_too_long_gets_an_error(server: Server) -> None:
    client = Client(server.address, size=1, timeout=1)
    with ThreadPoolExecutor(2) as pool:
        # Each byte is in time, so this takes longer than the limit.
        slow = pool.submit(client.get, "trickle")
        wait_until(lambda: client.status()[0] == 1)
        with pytest.raises(TimeoutError, match="no connection was free within 1s"):
            client.get("a")
        server.may_answer.set()
        with pytest.raises(CacheError, match=r"the server answered `\.+`"):
            slow.result()


def test_close_ends_the_waiting(server: Server) -> None:
    client = Client(server.address, size=1, timeout=30)
    with ThreadPoolExecutor(3) as pool:
        slow = pool.submit(client.get, "slow")
        wait_until(lambda: client.status()[0] == 1)
        waiting = [pool.submit(client.get, "a") for _ in range(2)]
        wait_until(lambda: client.status()[2] == 2)
        client.close()
        for future in waiting:
            with pytest.raises(CacheError, match="the client is closed"):
                future.result()
        server.may_answer.set()
        assert slow.result() is None, "a request that has begun is finished"
    assert client.status() == (0, 0, 0)
    client.close()
    with pytest.raises(CacheError, match="closed"):
        client.get("a")


@pytest.mark.skipif(sys.platform == "win32", reason="there a signal ends the process")
def test_ctrl_c_ends_the_waiting_for_a_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, ThreadPoolExecutor(1) as pool:
        client = Client(f"127.0.0.1:{silent.getsockname()[1]}", size=1, timeout=30)
        future = pool.submit(client.get, "a")
        wait_until(lambda: client.status()[0] == 1)
        signal.signal(signal.SIGINT, signal.default_int_handler)  # What a shell starts in the background ignores it.
        main = threading.main_thread().ident
        assert main is not None
        timer = threading.Timer(0.2, lambda: signal.pthread_kill(main, signal.SIGINT))

        def wait() -> None:
            # Not before: the exception is expected in here, however late this thread goes on.
            timer.start()
            client.get("b")

        with pytest.raises(KeyboardInterrupt):
            wait()
        assert not future.done()
        silent.close()
        with pytest.raises(OSError, match=r"end of file|reset"):
            future.result()


# endregion: threads


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_child_has_connections_of_its_own(server: Server) -> None:
    client = Client(server.address, size=1)
    client.set("a", b"1")
    child = os.fork()
    if not child:
        os._exit((client.status(), client.get("a")) == ((0, 0, 0), b"1"))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
    assert (client.get("a"), server.connections) == (b"1", 2)


def test_a_process_ends_while_threads_wait(server: Server) -> None:
    source = f"""
import threading
from cache_pool import Client
client = Client({server.address!r}, size=1, timeout=30)
for _ in range(3):
    threading.Thread(target=client.get, args=["slow"], daemon=True).start()
while client.status()[2] < 2:
    pass
print("end")
"""
    done = subprocess.run([sys.executable, "-c", source], check=True, stdout=subprocess.PIPE, text=True, timeout=60)
    assert done.stdout == "end\n"


def test_the_readme_runs(server: Server) -> None:
    guide = (PROJECT / "README.md").read_text(encoding="utf-8")
    (source,) = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    source = source.replace("localhost:11211", server.address)
    done = subprocess.run([sys.executable, "-c", source], check=True, stdout=subprocess.PIPE, text=True, timeout=60)
    assert done.stdout.splitlines() == [line.partition("# ")[2] for line in source.splitlines() if "print(" in line]
