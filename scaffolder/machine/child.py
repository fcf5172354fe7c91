"""The program of a child process: it lets a session answer requests, in any Python from 3.10, and imports no package.

Its argument is a file with a class `Session`, whose methods are the verbs. It reads a request a line from stdin and
writes an answer a line to what was stdout, as JSON; what is printed meanwhile goes to stderr. It ends after the last
request, and after its parent.
"""

from __future__ import annotations

import _thread
import contextlib
import faulthandler
import importlib
import json
import os
import queue
import runpy
import sys
import time
from pathlib import Path
from typing import Any, TextIO

GRACE = 2.0
LONGEST = 20_000
# Frames that say nothing about what went wrong.
MACHINERY = (__file__, *sys.argv[1:2], importlib.__file__, "<frozen importlib")
Answer = dict[str, Any]


def peak_memory() -> int | None:
    """Return the most bytes of memory that this process has used, where the system says."""
    with contextlib.suppress(OSError):
        # What `getrusage` says on Linux begins with what the parent used.
        lines = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
        return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")), None)
    if sys.platform == "darwin":
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return None


def answer(session: Any, request: dict[str, Any]) -> Answer:
    """Do what a request says, and describe the exception if it raises one."""
    verb, patience = request.pop("do"), request.pop("patience")
    # Where it hangs is said shortly before the parent gives up.
    faulthandler.dump_traceback_later(patience)
    try:
        return {"memory": peak_memory(), **getattr(session, verb)(**request), "peak": peak_memory()}
    except BaseException as error:  # noqa: BLE001  (a plugin that calls `sys.exit` is reported like any other)
        import traceback

        message = "".join(traceback.format_exception_only(error)).strip()
        return {"raised": message[:LONGEST], "traceback": trace(error)[-LONGEST:]}
    finally:
        faulthandler.cancel_dump_traceback_later()


def trace(error: BaseException) -> str:
    """Return the traceback of an exception from the first frame that is the session's business."""
    import traceback

    step = error.__traceback__
    while step and step.tb_frame.f_code.co_filename.startswith(MACHINERY):
        step = step.tb_next
    return "".join(traceback.format_exception(type(error), error, step)) if step else ""


def receive(stream: TextIO, requests: queue.Queue[str | None]) -> None:
    """Hand requests over; when the parent is gone, end this process even if the plugin hangs."""
    for line in stream:
        requests.put(line)
    requests.put(None)
    time.sleep(GRACE)
    os._exit(1)


def main() -> None:
    """Answer requests until there are no more."""
    if sys.path and Path(sys.path[0] or ".").resolve() == Path(__file__).resolve().parent:
        del sys.path[0]
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    stream = os.fdopen(os.dup(0), encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    requests: queue.Queue[str | None] = queue.Queue()
    # Not by `threading`, whose frames would be in every report of where it hangs.
    _thread.start_new_thread(receive, (stream, requests))
    faulthandler.enable(all_threads=False)
    session = runpy.run_path(sys.argv.pop(1), run_name="session")["Session"]()
    while line := requests.get():
        print(json.dumps(answer(session, json.loads(line))), file=answers, flush=True)


if __name__ == "__main__":
    main()
