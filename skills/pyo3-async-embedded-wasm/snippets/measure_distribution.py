"""Measure the parts of a bundle: `python measure_distribution.py PROGRAM`."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from bundle import bundle

if TYPE_CHECKING:
    from collections.abc import Iterable

TURNS = 30


def megabytes(paths: Iterable[Path]) -> float:
    """Add up the sizes of files."""
    return sum(path.stat().st_size for path in paths if path.is_file()) / 1e6


def pack(folder: Path, archive: Path, kind: str) -> Path:
    """Pack a folder as an installer would."""
    with tarfile.open(archive, f"w:{kind}") as file:
        file.add(folder, "planner")
    return archive


def archive_modules(folder: Path) -> Path:
    """Replace the modules in `folder` by one archive of what was compiled; extension modules stay."""
    home = folder / "python/lib"
    (modules,) = home.glob("python3*")
    archive = home / f"{modules.name.replace('.', '')}.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for path in modules.rglob("__pycache__/*.pyc"):
            name = path.relative_to(modules).parent.parent / f"{path.name.partition('.')[0]}.pyc"
            file.write(path, name)
    for path in modules.iterdir():
        if path.name != "lib-dynload":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    return archive


def milliseconds(program: Path) -> float:
    """Return the shortest time that the program took to start Python, do nothing, and end."""
    times = []
    for _ in range(TURNS):
        begin = time.perf_counter()
        subprocess.run([program, "pass"], env={}, check=True)
        times.append(time.perf_counter() - begin)
    return 1e3 * min(times)


def report(program: Path, folder: Path) -> None:
    """Print the size of each part, and how long the start takes."""
    bundle(program, folder)
    home = folder / "python/lib"
    (library,) = home.glob("libpython*")
    stripped = folder.parent / "stripped"
    subprocess.run(["strip", "-o", stripped, library], check=True)
    (modules,) = home.glob("python3*")
    compiled = list(modules.rglob("*.pyc"))
    sizes = {
        "libpython": megabytes([library]),
        "libpython, stripped": megabytes([stripped]),
        "modules, as sources": megabytes(modules.rglob("*.py")),
        "modules, compiled": megabytes(compiled),
        "extension modules": megabytes(modules.rglob("lib-dynload/*")),
    }
    shutil.move(stripped, library)
    subprocess.run(["strip", *modules.glob("lib-dynload/*.so")], check=True)
    sizes["extension modules, stripped"] = megabytes(modules.rglob("lib-dynload/*"))
    sizes["all of it, packed as tar.xz"] = megabytes([pack(folder, folder.parent / "planner.tar.xz", "xz")])
    begin = milliseconds(folder / program.name)
    sizes["modules, compiled, as one archive"] = megabytes([archive_modules(folder)])
    sizes["all of it, packed as tar.xz, with the archive"] = megabytes(
        [pack(folder, folder.parent / "archive.tar.xz", "xz")]
    )
    archived = milliseconds(folder / program.name)
    for name, size in sizes.items():
        print(f"{name:50} {size:6.1f} MB")
    print(f"\n{'start and end, modules as files':50} {begin:6.1f} ms")
    print(f"{'start and end, modules as one archive':50} {archived:6.1f} ms")


if __name__ == "__main__":
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
    with tempfile.TemporaryDirectory() as place:
        report(Path(sys.argv[1]), Path(place) / "planner")
