"""Count how many processes crash that end while Rust still delivers results, with several Pythons.

Give it interpreters that have this package: `python measure_exits.py python3.11 python3.12`
"""

from __future__ import annotations

import os
import subprocess
import sys

PROCESSES = 30
HEADER = "import asyncio\nfrom datetime import timedelta\nfrom async_snippets._core import exits\n"
WAYS = {
    "nobody ends the work": """
async def main():
    for number in range(2000):
        exits.nap(timedelta(milliseconds=number / 40))

asyncio.run(main())
""",
    "`close` ends it": """
for number in range(2000):
    exits.remind(timedelta(milliseconds=number / 40), list)
""",
}


def main() -> int:
    """Print a table and return the exit code."""
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; crashes of {PROCESSES} processes\n")
    print(f"{'':<16}" + "".join(f"{way:>24}" for way in WAYS))
    for python in sys.argv[1:] or [sys.executable]:
        version = subprocess.run([python, "--version"], capture_output=True, text=True, check=True).stdout.strip()
        crashes = [sum(crashed(python, code) for _ in range(PROCESSES)) for code in WAYS.values()]
        print(f"{version:<16}" + "".join(f"{count:>24}" for count in crashes))
    return 0


def crashed(python: str, code: str) -> bool:
    """Return whether a process ended by a signal, or not in time."""
    command = [python, "-c", HEADER + code]
    try:
        done = subprocess.run(command, stderr=subprocess.DEVNULL, timeout=60, check=False)
    except subprocess.TimeoutExpired:
        return True
    return done.returncode != 0


if __name__ == "__main__":
    raise SystemExit(main())
