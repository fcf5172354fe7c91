"""Allocators: another one for the library, which can be loaded late, and which Python's memory doesn't come from."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from variants import Build, Variant, build

SNIPPETS = Path(__file__).resolve().parent.parent
TEXT = "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich. " * 50


@pytest.fixture(scope="module")
def mimalloc(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Build the crate with mimalloc."""
    target = Path(os.environ.get("CARGO_TARGET_DIR", SNIPPETS.parent / "target"))
    return build(Variant("dev", features=("mimalloc",)), tmp_path_factory.mktemp("mimalloc"), target)


@pytest.mark.parametrize("method", ["add", "add_with_buffer", "add_in_arena"])
def test_words_are_counted_as_ever(mimalloc: Build, method: str) -> None:
    module = mimalloc.load()
    assert module.ALLOCATOR == "mimalloc"
    assert module.allocations() is None
    counter = module.Counter()
    getattr(counter, method)(TEXT)
    assert (counter["zwölf"], counter["über"], counter["Deich"], len(counter)) == (50, 50, 0, 10)


def test_threads_free_what_others_allocated(mimalloc: Build) -> None:
    module = mimalloc.load()
    module.churn(20_000, 48)
    module.Counter.add_in_threads(TEXT, 4)


@pytest.mark.skipif(shutil.which("readelf") is None, reason="readelf is not installed")
@pytest.mark.skipif(sys.platform != "linux", reason="only ELF has static TLS")
def test_the_library_needs_no_static_tls(mimalloc: Build) -> None:
    command = ["readelf", "--dynamic", str(mimalloc.library)]
    assert "STATIC_TLS" not in subprocess.run(command, check=True, capture_output=True, text=True).stdout
