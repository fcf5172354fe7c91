"""An office that closes in order when it is asked to stop."""

import asyncio
import signal
import sys

from async_snippets._core import deadlines


# region: serve
async def serve(office: deadlines.Office) -> int:
    """Sort parcels until SIGTERM or SIGINT comes, and return how many were given up."""
    stop = asyncio.Event()
    event_loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        event_loop.add_signal_handler(number, stop.set)
    for parcel in range(10):
        office.accept(parcel, 200)
    print("serving", flush=True)
    await stop.wait()
    # 1. no new work, 2. what has begun, 3. up to a limit. asyncio.run joins this thread before Python ends.
    given_up: int = await asyncio.to_thread(office.close_and_wait, 10.0)
    return given_up


# endregion: serve

if __name__ == "__main__":
    print(asyncio.run(serve(deadlines.Office())), deadlines.sorted())
    sys.exit()
