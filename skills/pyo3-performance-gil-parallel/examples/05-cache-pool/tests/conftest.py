"""A server that speaks memcached's protocol, and has bad days."""

import socketserver
import threading
from collections.abc import Iterator

import pytest

NASTY = {
    "bad": b"CLIENT_ERROR no\r\n",
    "other": b"VALUE another 0 1\r\nx\r\nEND\r\n",
    "huge": b"VALUE huge 0 99999999999\r\n",
    "short": b"VALUE short 0 3\r\nabcdef\r\nEND\r\n",
    "negative": b"VALUE negative 0 -1\r\n",
    "twice": b"END\r\nEND\r\n",
    "noise": b"\xff" * 5000,
}


class Handler(socketserver.StreamRequestHandler):
    server: "Server"

    def handle(self) -> None:
        with self.server.lock:
            self.server.connections += 1
        while line := self.rfile.readline():
            command, key, *numbers = line.decode().split()
            if command == "set":
                self.server.values[key] = self.rfile.read(int(numbers[2]) + 2)[:-2]
                self.wfile.write(b"STORED\r\n")
            elif key == "close":
                return
            elif key == "slow":
                self.server.may_answer.wait()
                self.wfile.write(b"END\r\n")
            elif key == "trickle":
                while not self.server.may_answer.wait(0.1):
                    self.wfile.write(b".")
                self.wfile.write(b"\r\n")
            elif key in NASTY:
                self.wfile.write(NASTY[key])
            else:
                value = self.server.values.get(key)
                head = b"" if value is None else f"VALUE {key} 0 {len(value)}\r\n".encode() + value + b"\r\n"
                self.wfile.write(head + b"END\r\n")


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.values: dict[str, bytes] = {}
        self.connections = 0
        self.lock = threading.Lock()
        self.may_answer = threading.Event()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that went away."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        yield server
        server.may_answer.set()
        server.shutdown()
        thread.join()
