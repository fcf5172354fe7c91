"""The folder that is shipped: moved, without PATH, on a machine with another Python, or with a part missing."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Price


WHERE = """import decimal, os, sys
def price(order):
    print(sys.prefix, decimal.__file__, *sys.path, sep="\\n")
"""


def test_it_uses_the_python_beside_it(price: Price, shipped: Path) -> None:
    prefix, module, *path = price(WHERE).stdout.partition("\ntea")[0].splitlines()
    assert prefix == str(shipped / "python")
    assert module.startswith(prefix)
    assert path
    assert all(entry.startswith(prefix) for entry in path)


def test_the_libpython_beside_it_is_loaded(price: Price, shipped: Path) -> None:
    rule = "def price(order):\n    print(*(line for line in open('/proc/self/maps') if 'libpython' in line))\n"
    assert f" {shipped}/python/lib/libpython3." in price(rule).stdout.splitlines()[0]


def test_variables_for_another_python_change_nothing(price: Price, tmp_path: Path) -> None:
    (tmp_path / "decimal.py").write_text("raise RuntimeError", encoding="utf-8")
    done = price(PYTHONHOME="/nowhere", PYTHONPATH=str(tmp_path), PYTHONSTARTUP="/nowhere")
    assert (done.returncode, done.stderr) == (0, "")


def test_text_is_utf8_without_a_locale(price: Price) -> None:
    done = price("def price(order):\n    print('10 € für Ünal')\n", LC_ALL="C")
    assert done.stdout.splitlines()[0] == "10 € für Ünal"


def test_it_starts_through_a_link(shipped: Path, tmp_path: Path) -> None:
    (tmp_path / "quote").symlink_to(shipped / "pricing-rules")
    (tmp_path / "Ada.csv").write_text("tea,1,70", encoding="utf-8")
    done = subprocess.run(["./quote", "Ada.csv"], cwd=tmp_path, env={}, capture_output=True, timeout=60, check=True)
    assert done.stdout.split()[-1] == b"70.00"


def test_what_is_missing_is_named(shipped: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(shipped, tmp_path / "broken", symlinks=True))
    (encodings,) = folder.glob("python/lib/python3.*/encodings")
    shutil.rmtree(encodings)
    (tmp_path / "Ada.csv").write_text("tea,1,70", encoding="utf-8")
    command = [str(folder / "pricing-rules"), str(tmp_path / "Ada.csv")]
    done = subprocess.run(command, env={}, capture_output=True, encoding="utf-8", timeout=60, check=False)
    assert done.returncode == 1
    assert done.stderr == f"error: `{encodings}` is missing: unpack the whole archive again\n"
