"""What `text-and-bytes.md` and `writing.md` claim of a build without `abi3`, with `experimental-inspect`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from types import ModuleType

SNIPPETS = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """Build the crate that needs a build of its own, and import it."""
    folder = tmp_path_factory.mktemp("plain")
    project = folder / "project"
    shutil.copytree(SNIPPETS / "plain", project)
    shutil.copy(SNIPPETS.parent / "Cargo.lock", project)
    command = ["maturin", "build", "--profile", "dev", "--interpreter", sys.executable, "--out", str(folder)]
    environment = {"CARGO_TARGET_DIR": str(SNIPPETS.parent / "target"), **os.environ}
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    sys.path.insert(0, str(folder))
    try:
        return import_module("conversion_plain")
    finally:
        sys.path.remove(str(folder))


def test_hints_for_stubs(plain: ModuleType) -> None:
    assert (
        plain.hints(None)
        == ["builtins.tuple[typing.SupportsIndex, typing.SupportsIndex] | builtins.str"] + ["_typeshed.Incomplete"] * 2
    )
    assert plain.area("A4") == plain.area((210, 297)) == plain.sheet_area(SimpleNamespace(paper="A4")) == 62_370
    with pytest.raises(ValueError, match="`A9` is no size of paper"):
        plain.area("A9")


@pytest.mark.parametrize(("text", "width"), [("Bern", 1), ("Łódź", 2), ("👍 good", 4)])
def test_how_text_is_stored(plain: ModuleType, text: str, width: int) -> None:
    assert plain.stored(text) == (width, text)


def test_text_of_one_byte_a_letter_is_taken_for_utf8(plain: ModuleType) -> None:
    with pytest.raises(UnicodeDecodeError):
        plain.stored("Zürich")


def test_reading_the_storage_makes_no_utf8(plain: ModuleType) -> None:
    text = "é " * 1000
    size = sys.getsizeof(text)
    assert plain.spaces(text) == 1000
    assert plain.spaces("\ud800 ") == 1
    assert sys.getsizeof(text) == size
