"""Make the folder that is shipped: the program, its rules, libpython and the standard library."""

from __future__ import annotations

import argparse
import shutil
import sys
import sysconfig
from pathlib import Path

RULES = Path(__file__).parent.parent / "rules"
# What rules have no use for, and modules that need libraries of the system that not everybody has.
LEFT_OUT = (
    "test", "tests", "idlelib", "tkinter", "turtledemo", "turtle*", "ensurepip", "lib2to3", "pydoc*", "venv",
    "distutils", "site-packages", "dist-packages", "config-*", "__pycache__", "_test*", "_xx*", "xx*", "_tkinter*",
    "_sqlite3*", "_ssl*", "_hashlib*", "_curses*", "readline*", "_ctypes*", "_uuid*", "_bz2*", "_lzma*", "_zstd*",
    "zlib.*", "_gdbm*", "_dbm*", "nis*", "_crypt*",
)  # fmt: skip


def bundle(program: Path, folder: Path) -> None:
    """Make the folder of a program, which was built for the Python that runs this."""
    library = Path(sysconfig.get_config_var("LIBDIR") or "", sysconfig.get_config_var("INSTSONAME") or "")
    if not library.is_file():
        sys.exit(f"error: Python {sys.version.split()[0]} in `{sys.base_prefix}` has no shared library to ship")
    stdlib = Path(sysconfig.get_path("stdlib"))
    inside = folder / "python/lib"
    inside.mkdir(parents=True)
    shutil.copy(program, folder / "pricing-rules")
    shutil.copytree(RULES, folder / "rules", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(library, inside)
    shutil.copytree(stdlib, inside / stdlib.name, ignore=shutil.ignore_patterns(*LEFT_OUT))
    # Whoever ships Python ships its licence.
    if (stdlib / "LICENSE.txt").is_file():
        shutil.copy(stdlib / "LICENSE.txt", folder / "python")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", type=Path, help="target/release/pricing-rules")
    parser.add_argument("folder", type=Path, help="where to; it must not exist")
    words = parser.parse_args()
    bundle(words.program, words.folder)
