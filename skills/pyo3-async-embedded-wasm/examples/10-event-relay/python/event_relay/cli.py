"""The command `event-relay`: relay events until a signal comes."""

import argparse
import asyncio
import logging
import os
import pkgutil
import signal
import socket
import sys
from functools import partial

from event_relay._core import __version__
from event_relay.relay import Hook, Relay


class HookError(Exception):
    """A name that stands for no hook."""


def address(text: str) -> tuple[str, int]:
    """Split an address such as `127.0.0.1:7000`."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65_535:
        raise argparse.ArgumentTypeError(f"`{text}` is not HOST:PORT")
    return host.strip("[]"), int(port)


def build_parser() -> argparse.ArgumentParser:
    """Return what reads the command line."""
    parser = argparse.ArgumentParser(prog="event-relay", description=__doc__)
    parser.add_argument("--listen", type=address, default=("127.0.0.1", 7000), metavar="HOST:PORT", help="for events")
    parser.add_argument("--metrics", type=address, metavar="HOST:PORT", help="for a monitor to ask by HTTP")
    parser.add_argument("--hook", metavar="MODULE:FUNCTION", help="a coroutine function that sees events first")
    parser.add_argument("--patience", type=float, default=5.0, help="seconds for slow subscribers (default: 5)")
    parser.add_argument("--grace", type=float, default=10.0, help="seconds for an orderly end (default: 10)")
    parser.add_argument("--queue", type=int, default=1024, help="events that may wait for each (default: 1024)")
    parser.add_argument("--version", action="version", version=__version__)
    return parser


def load_hook(name: str | None) -> Hook | None:
    """Import a hook, from the folder where the command runs, too."""
    if name is None:
        return None
    sys.path.insert(0, "")
    try:
        hook: Hook = pkgutil.resolve_name(name)
    except (AttributeError, ImportError, ValueError) as error:
        raise HookError(f"can't load the hook `{name}`: {error}") from error
    if not callable(hook):
        raise HookError(f"the hook `{name}` is not a function")
    return hook


async def answer_metrics(relay: Relay, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer any HTTP request with the metrics, as Prometheus reads them."""
    try:
        async with asyncio.timeout(5):
            await reader.readuntil(b"\r\n\r\n")
            lines = [f"event_relay_{name} {value}\n" for name, value in sorted(relay.metrics().items())]
            body = "".join(lines).encode()
            head = f"HTTP/1.1 200 OK\r\ncontent-type: text/plain; version=0.0.4\r\ncontent-length: {len(body)}\r\n"
            writer.write(head.encode() + b"connection: close\r\n\r\n" + body)
            await writer.drain()
    except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        pass
    finally:
        writer.close()


def notify(state: str) -> None:
    """Tell systemd, if it has started this process and wants to know."""
    if (path := os.environ.get("NOTIFY_SOCKET")) and sys.platform != "win32":
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
            channel.sendto(state.encode(), path.replace("@", "\0", 1) if path.startswith("@") else path)


def show(what: str, host: str, port: int) -> None:
    """Say where something is."""
    print(f"{what} on {host}:{port}", file=sys.stderr, flush=True)


# region: serve
async def serve(relay: Relay, options: argparse.Namespace) -> bool:
    """Relay events until a signal comes; return whether all were delivered."""
    stop = asyncio.Event()
    event_loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        # Before the relay listens, or a signal could come between.
        signal.signal(number, lambda *_: event_loop.call_soon_threadsafe(stop.set))
    monitor = None
    if options.metrics:
        monitor = await asyncio.start_server(partial(answer_metrics, relay), *options.metrics)
        show("metrics", *monitor.sockets[0].getsockname()[:2])
    show("listening", options.listen[0], await relay.start(*options.listen))
    notify("READY=1")
    await stop.wait()
    notify("STOPPING=1")
    delivered = await relay.stop(options.grace)
    if monitor:
        monitor.close()
    return delivered


# endregion: serve


def main() -> int:
    """Run the command, and return its exit code: 0 all delivered, 1 failed or something dropped, 2 wrong usage."""
    options = build_parser().parse_args()
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s")
    try:
        hook = load_hook(options.hook)
        relay = Relay(hook, patience=options.patience, queue=options.queue)
        delivered = asyncio.run(serve(relay, options))
    except (HookError, OSError, OverflowError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if not delivered:
        print("warning: some events were not delivered", file=sys.stderr)
    return 0 if delivered else 1
