"""Generations of a plugin, each in a process of its own, which hand over their state."""

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from classes_snippets._core import hot_reload as _hot_reload

__all__ = ["Child", "Generations", "Votes", "fingerprint"]

Votes = _hot_reload.Votes


# region: serve
def serve(path: str) -> None:
    """Run a plugin: a line of JSON has its state, each further line a request; it ends when the input does."""
    # What a plugin prints, in Python or in Rust, is no answer.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    # Read and compiled here: the cache of an import may be older than the file.
    code = compile(Path(path).read_bytes(), path, "exec")
    names: dict[str, Any] = {"__name__": "plugin"}
    exec(code, names)  # noqa: S102  a plugin is code
    plugin = names["Plugin"](json.loads(sys.stdin.readline()))
    print(json.dumps("ready"), file=answers, flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        answer = plugin.state() if request == "state" else plugin.handle(request)
        print(json.dumps(answer), file=answers, flush=True)


# endregion: serve


# region: child
class Child:
    """A process that runs one generation of a plugin."""

    def __init__(self, path: Path, state: object) -> None:
        """Start it, and wait until it is ready."""
        command = [sys.executable, "-m", __name__, str(path)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
        self.ask(state)

    def ask(self, request: object) -> Any:
        """Send a request and return the answer."""
        assert self.process.stdin and self.process.stdout  # noqa: S101, PT018  both are pipes
        try:
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
            return json.loads(self.process.stdout.readline())
        except (OSError, ValueError) as error:
            self.stop()
            message = f"the plugin ended with code {self.process.returncode}"
            raise RuntimeError(message) from error

    def stop(self) -> None:
        """End the process: it ends by itself when its input does."""
        with suppress(BrokenPipeError), self.process:  # closes the pipes and waits
            pass


# endregion: child


# region: generations
class Generations:
    """A plugin whose code may change while the host runs."""

    def __init__(self, path: Path, state: object) -> None:
        """Start the first generation."""
        self.path = path
        self.child = Child(path, state)
        self.number = 1

    def ask(self, request: object) -> Any:
        """Ask the present generation."""
        return self.child.ask(request)

    def renew(self) -> None:
        """Replace the code, and keep the state. If the new code does not start, the old one goes on."""
        old = self.child
        self.child = Child(self.path, old.ask("state"))
        self.number += 1
        old.stop()


# endregion: generations


# region: watch
def fingerprint(folder: Path, pattern: str = "*.py") -> dict[Path, tuple[int, int]]:
    """Return what differs once a file below a folder has changed."""
    states = {}
    for path in folder.rglob(pattern):
        with suppress(FileNotFoundError):  # an editor has renamed it in between
            status = path.stat()
            states[path] = (status.st_mtime_ns, status.st_size)
    return states


# endregion: watch


if __name__ == "__main__":
    serve(sys.argv[1])
