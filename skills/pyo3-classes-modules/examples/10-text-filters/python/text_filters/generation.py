"""The program of one generation of a hot filter: it answers its host until that closes the pipe."""

import importlib
import os
import pickle
import signal
import sys
from typing import Any, BinaryIO

__all__ = ["main"]


def main() -> None:
    """Serve the filter that the command line names."""
    # Ctrl-C in a terminal goes to the host and to this process; what it means is for the host to say.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    # What the filter prints must not get between the answers.
    os.dup2(2, 1)
    serve(sys.argv[1], requests, answers)


def serve(target: str, requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer requests until there are no more; the first answer says whether the filter could be loaded."""
    try:
        plugin = load(target)
    except Exception as error:  # noqa: BLE001
        answer(answers, error)
        return
    answer(answers, None)
    while True:
        try:
            verb, value = pickle.load(requests)  # noqa: S301
        except EOFError:
            return
        answer(answers, run(plugin, verb, value))


def load(target: str) -> Any:
    """Import `module:Class`, and call the class."""
    module, _, name = target.partition(":")
    return getattr(importlib.import_module(module), name)()


def run(plugin: Any, verb: str, value: object) -> object:
    """Do what the host asks for, and return the result or the exception."""
    try:
        match verb:
            case "apply":
                return plugin.apply(value)
            case "save":
                return plugin.__getstate__() if hasattr(plugin, "__setstate__") else None
            case _:
                return plugin.__setstate__(value)
    except Exception as error:  # noqa: BLE001
        return error


def answer(answers: BinaryIO, value: object) -> None:
    """Send a result or an exception; of what can't be pickled, how it is shown."""
    try:
        text = pickle.dumps(value)
        pickle.loads(text)  # noqa: S301
    except Exception:  # noqa: BLE001
        text = pickle.dumps(RuntimeError(f"the filter answered with what can't be pickled: {value!r}"))
    # In bytes of their own: what the host can't unpickle doesn't get in the way of the next answer.
    pickle.dump(text, answers)
    answers.flush()


if __name__ == "__main__":
    main()
