"""A filter that gets new code while the program runs: each generation of it is a process of its own.

A library can't be unloaded, and objects of an old class stay what they are. A new process has neither problem.
"""

import os
import pickle
import subprocess
import sys
import threading
from contextlib import suppress
from typing import Any, Final, final

from text_filters.errors import GenerationError

__all__ = ["HotFilter"]


@final
class HotFilter:
    """A filter that is loaded in another process, and anew by `reload`.

    It keeps the contract, so a registry takes it like any other. A class whose objects have a state that is to outlive
    the code has `__getstate__` and `__setstate__`, as for pickle.

    Args:
        target: The filter's class, as an entry point names it: `loud_filters:Shout`.
        timeout: Seconds that an answer may take.

    Raises:
        GenerationError: If the process ends, or does not answer in time.
        Exception: What importing or calling the class raises.
    """

    api_version: Final = 1

    def __init__(self, target: str, *, timeout: float = 10.0) -> None:
        """Start the first generation."""
        self._target = target
        self._timeout = timeout
        self._turn = threading.Lock()
        self._current = Generation(target, timeout)

    def apply(self, text: str) -> str:
        """Return the filtered text; one call at a time."""
        with self._turn:
            filtered: str = self._current.ask("apply", text)
        return filtered

    # region: reload
    def reload(self) -> None:
        """Replace the code by what is on the disk now; the state is kept.

        The old generation answers until the new one is ready, and goes on if that fails.

        Raises:
            GenerationError: If the new process ends, or does not answer in time.
            Exception: What the new code raises.
        """
        successor = Generation(self._target, self._timeout)
        try:
            # No call comes between the state and the new generation that gets it.
            with self._turn:
                if (state := self._state()) is not None:
                    successor.ask("restore", state)
                old, self._current = self._current, successor
        except BaseException:
            successor.close()
            raise
        old.close()

    # endregion: reload

    def _state(self) -> object:
        """Return what the next generation begins with; of a process that has died there is nothing left."""
        try:
            return self._current.ask("save", None)
        except GenerationError:
            return None

    def close(self) -> None:
        """End the process."""
        with self._turn:
            self._current.close()

    def __enter__(self) -> "HotFilter":
        """Return the filter."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the process."""
        self.close()


class Generation:
    """A process with one version of the code."""

    def __init__(self, target: str, timeout: float) -> None:
        """Start it, and wait until the filter is loaded."""
        self._timeout = timeout
        command = [sys.executable, "-m", "text_filters.generation", target]
        # It finds the modules that its host finds.
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        self._process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            self._exchange(b"")
        except BaseException:
            self.close()
            raise

    def ask(self, verb: str, value: object) -> Any:
        """Send a request, and return or raise the answer."""
        return self._exchange(pickle.dumps((verb, value)))

    def _exchange(self, request: bytes) -> Any:
        requests, answers = self._process.stdin, self._process.stdout
        assert requests and answers  # noqa: PT018, S101  (both are pipes)
        expired = threading.Event()

        def expire() -> None:
            expired.set()
            # Its pipes end with it.
            self._process.kill()

        watchdog = threading.Timer(self._timeout, expire)
        watchdog.start()
        try:
            requests.write(request)
            requests.flush()
            # Bytes, which are read as a whole whatever is in them.
            text = pickle.load(answers)  # noqa: S301
        except (OSError, ValueError, EOFError, pickle.UnpicklingError) as error:
            reason = "did not answer in time" if expired.is_set() else "has ended"
            raise GenerationError(f"the process of the filter {reason}") from error
        except BaseException:
            # Ctrl-C, say: the next call would read the answer to this one.
            self._process.kill()
            raise
        finally:
            watchdog.cancel()
        # The filter is trusted as if it ran here: to unpickle what it sends runs its code.
        answer = pickle.loads(text)  # noqa: S301
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self) -> None:
        """End the process and wait for that."""
        self._process.kill()
        # What could not be sent is sent no more.
        with suppress(OSError), self._process:
            pass
