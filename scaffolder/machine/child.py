"""The program of a child process: it lets a session answer requests, in any Python from 3.10, and imports no package.

Its argument is a file with a class `Session`, whose methods are the verbs. It reads a request a line from stdin and
writes an answer a line to what was stdout, as JSON; what is printed meanwhile goes to stderr. It ends after the last
request, and after its parent.
"""

from __future__ import annotations

import _thread
import faulthandler
import importlib
import json
import os
import signal
import sys
import time
from _queue import SimpleQueue

# What is imported here is imported each time a plugin is reloaded: no `typing`, `pathlib`, `queue` or `runpy`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TextIO

GRACE = 2.0
# Longer than a parent takes to look at a process that hangs.
ABANDONED = 120
# Where stderr goes, whatever a plugin makes of `sys.stderr`.
ERRORS = 2
LONGEST = 20_000
# Frames that say nothing about what went wrong.
MACHINERY = (__file__, *sys.argv[1:2], importlib.__file__, "<frozen importlib")


def peak_memory() -> int | None:
    """Return the most bytes of memory that this process has used, where the system says."""
    system = sys.platform
    if system == "linux":
        # What `getrusage` says there begins with what the parent used.
        try:
            with open("/proc/self/status", encoding="ascii", errors="replace") as file:  # noqa: PTH123
                return next((int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM")), None)
        except OSError:
            return None
    if system == "darwin":
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return None


def answer(session: Any, request: dict[str, Any]) -> dict[str, Any]:
    """Do what a request says, and describe the exception if it raises one."""
    verb, patience = request.pop("do"), request.pop("patience")
    alarm = request.pop("alarm", int(patience + ABANDONED))
    # Where it hangs is said shortly before the parent gives up.
    faulthandler.dump_traceback_later(patience, file=ERRORS)
    # The parent would have looked at this process and ended it by then; if it is gone, this does, which needs no GIL.
    set_alarm(alarm)
    try:
        return {"memory": peak_memory(), **getattr(session, verb)(**request), "peak": peak_memory()}
    except BaseException as error:  # noqa: BLE001  (a plugin that calls `sys.exit` is reported like any other)
        import traceback

        message = "".join(traceback.format_exception_only(error)).strip()
        return {"raised": message[:LONGEST], "traceback": trace(error)[-LONGEST:]}
    finally:
        set_alarm(0)
        faulthandler.cancel_dump_traceback_later()


def set_alarm(seconds: int) -> None:
    """End this process after some seconds, where the system can do that, or never if they are none."""
    alarm: Any = getattr(signal, "alarm", None)
    if alarm and signal.getsignal(signal.SIGALRM) is signal.SIG_DFL:
        alarm(seconds)


def trace(error: BaseException) -> str:
    """Return the traceback of an exception from the first frame that is the session's business."""
    import traceback

    step = error.__traceback__
    while step and step.tb_frame.f_code.co_filename.startswith(MACHINERY):
        step = step.tb_next
    return "".join(traceback.format_exception(type(error), error, step)) if step else ""


def receive(stream: TextIO, requests: SimpleQueue[str | None]) -> None:
    """Hand requests over; when the parent is gone, end this process even if the plugin hangs."""
    for line in stream:
        requests.put(line)
    requests.put(None)
    time.sleep(GRACE)
    os._exit(1)


def main() -> None:
    """Answer requests until there are no more."""
    if sys.path and os.path.realpath(sys.path[0]) == os.path.dirname(os.path.realpath(__file__)):  # noqa: PTH120
        del sys.path[0]
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    stream = os.fdopen(os.dup(0), encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    requests: SimpleQueue[str | None] = SimpleQueue()
    # Not by `threading`, whose frames would be in every report of where it hangs.
    _thread.start_new_thread(receive, (stream, requests))
    faulthandler.enable(ERRORS, all_threads=False)
    program = sys.argv.pop(1)
    names: dict[str, Any] = {"__name__": "session", "__file__": program}
    with open(program, encoding="utf-8") as file:  # noqa: PTH123
        exec(compile(file.read(), program, "exec"), names)  # noqa: S102
    session = names["Session"]()
    # Kept, as a plugin may replace functions of `json`.
    decode, encode = json.JSONDecoder().decode, json.JSONEncoder().encode
    while line := requests.get():
        print(encode(answer(session, decode(line))), file=answers, flush=True)


if __name__ == "__main__":
    main()
