"""Put a program and the Python that it runs into one folder."""

from __future__ import annotations

import compileall
import os
import py_compile
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

# region: bundle
# Of no use to scripts: tests, editors, installers, what builds extension modules; and what the GPL covers.
LEFT_OUT = ("__pycache__", "config-*", "ensurepip", "idlelib", "lib2to3", "site-packages", "test", "tests", "tkinter")
LEFT_OUT += ("turtledemo", "venv", "_ctypes_test*", "_test*", "_tkinter*", "xxlimited*", "_gdbm*", "readline*")


def bundle(program: Path, folder: Path) -> None:
    """Copy a program to a folder, with the Python of this environment in `python`."""
    library = Path(sysconfig.get_path("stdlib"))
    home = folder / "python"
    modules = home / "lib" / library.name
    shutil.copytree(library, modules, ignore=shutil.ignore_patterns(*LEFT_OUT))
    # Not checked against the sources, whose dates an installer may change.
    unchecked = py_compile.PycInvalidationMode.UNCHECKED_HASH
    compileall.compile_dir(modules, quiet=1, stripdir=str(folder), invalidation_mode=unchecked)
    shutil.copy2(Path(sysconfig.get_config_var("LIBDIR")) / sysconfig.get_config_var("INSTSONAME"), home / "lib")
    shutil.copy2(program, folder)


# endregion: bundle


# region: foreign
def foreign(folder: Path) -> dict[str, list[Path]]:
    """Return the libraries of the system that files of a bundle need, by the names of those files."""
    folder = folder.resolve()
    needs: dict[str, list[Path]] = {}
    for file in (path for path in folder.rglob("*") if is_binary(path)):
        text = subprocess.run(["ldd", file], check=True, capture_output=True, text=True).stdout
        for library in map(Path, re.findall(r"(/.+) \(0x", text)):
            if not library.is_relative_to(folder):
                needs.setdefault(file.name.partition(".")[0], []).append(library)
    return needs


# endregion: foreign


def is_binary(path: Path) -> bool:
    """Tell whether a file is a program or a library of Linux."""
    if path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


def hidden() -> list[str]:
    """Return what a command starts with that doesn't see the Python of this environment; nothing if that can't be."""
    if sys.platform != "linux" or os.geteuid() or shutil.which("unshare") is None:
        return []
    words = ["unshare", "--mount", "sh", "-c", f'mount -t tmpfs none "{sys.base_prefix}" && exec "$0" "$@"']
    done = subprocess.run([*words, "true"], check=False, capture_output=True)
    return [] if done.returncode else [str(shutil.which("unshare")), *words[1:]]


if __name__ == "__main__":
    bundle(*map(Path, sys.argv[1:3]))
