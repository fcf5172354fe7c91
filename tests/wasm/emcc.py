"""Stands in for `emcc` where it links a Rust library into a side module of Pyodide, and does nothing else.

Such a module is a wasm shared library with a `dylink.0` section, which `wasm-ld -shared` writes. The C library, CPython
and the exception tag are imported from Pyodide when it is loaded. C code can't be compiled by this.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

WITH_A_VALUE = {"-L", "-B", "-l"}


@dataclass
class Link:
    """What one call asks for."""

    output: str = "a.out.wasm"
    side_module: bool = False
    strip: bool = True
    exports: list[str] = field(default_factory=list)
    inputs: list[str] = field(default_factory=list)

    def command(self) -> list[str]:
        return [
            os.environ["WASM_LD"],
            *("-shared", "--experimental-pic", "--import-memory", "--no-export-dynamic"),
            *("--unresolved-symbols=import-dynamic", "-o", self.output),
            *(["--strip-debug"] if self.strip else []),
            *(f"--export={name[1:]}" for name in self.exports if name.startswith("_")),
            *self.inputs,
        ]


def names(value: str) -> list[str]:
    """Read the value of `-sEXPORTED_FUNCTIONS`: a list, or a file with one."""
    text = Path(value[1:]).read_text(encoding="utf-8") if value.startswith("@") else value
    return list(json.loads(text))


def parse(arguments: Iterator[str]) -> Link:
    """Read the arguments that matter to a side module; the others have no meaning for it."""
    link = Link()
    for word in arguments:
        argument = f"-s{next(arguments)}" if word == "-s" else word
        if argument == "-o":
            link.output = next(arguments)
        elif argument in WITH_A_VALUE:
            next(arguments)
        elif argument.startswith("-sEXPORTED_FUNCTIONS="):
            link.exports += names(argument.partition("=")[2])
        elif argument.startswith("-sSIDE_MODULE"):
            link.side_module = True
        elif argument.startswith("-g"):
            link.strip = False
        elif argument.startswith("-Wl,"):
            link.inputs += argument.split(",")[1:]
        elif not argument.startswith("-"):
            link.inputs.append(argument)
    return link


def main() -> int:
    if "--version" in sys.argv:
        print(f"emcc (stands in for the linker of side modules) {os.environ['EMSCRIPTEN_VERSION']}")
        return 0
    link = parse(iter(sys.argv[1:]))
    if not link.side_module:
        sys.exit("error: this `emcc` only links side modules")
    return subprocess.call(link.command())


if __name__ == "__main__":
    sys.exit(main())
