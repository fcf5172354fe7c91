"""What the chapter on profiles says."""

import os
import subprocess
from pathlib import Path

import pytest
from fundamentals_snippets._core import profiles as snippets

SNIPPETS = Path(__file__).resolve().parent.parent


# region: facts
def test_this_build_is_for_tests_and_not_for_measuring() -> None:
    assert snippets.DEBUG_ASSERTIONS


def test_a_panic_is_an_exception() -> None:
    assert snippets.PANICS_UNWIND


# endregion: facts


@pytest.fixture
def empty_crate(tmp_path: Path) -> Path:
    """Make a crate that depends on nothing, with the profiles that the chapter shows."""
    manifest = '[package]\nname = "empty"\nversion = "0.1.0"\nedition = "2024"\n\n[lib]\ncrate-type = ["cdylib"]\n\n'
    profiles = (SNIPPETS / "profiles" / "profiles.toml").read_text(encoding="utf-8")
    (tmp_path / "Cargo.toml").write_text(manifest + profiles, encoding="utf-8")
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "lib.rs").touch()
    return tmp_path


def rustc_options(crate: Path, profile: str, **variables: str) -> str:
    """Return how cargo calls the compiler, which is told to print a name and to compile nothing."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CARGO_PROFILE_")}
    environment |= {"CARGO_TARGET_DIR": str(crate / "target"), **variables}
    command = ["cargo", "rustc", "--offline", "--verbose", "--profile", profile, "--", "--print=crate-name"]
    done = subprocess.run(command, cwd=crate, env=environment, capture_output=True, text=True, check=True)
    return done.stderr


def test_the_small_profile_is_what_the_compiler_gets(empty_crate: Path) -> None:
    options = rustc_options(empty_crate, "release")
    for option in ("opt-level=3", "lto=fat", "codegen-units=1", "strip=symbols"):
        assert option in options


def test_the_editable_profile_is_what_the_compiler_gets(empty_crate: Path) -> None:
    options = rustc_options(empty_crate, "editable")
    assert "opt-level=1" in options
    assert "debuginfo=line-tables-only" in options


def test_a_variable_wins_over_the_manifest(empty_crate: Path) -> None:
    options = rustc_options(
        empty_crate, "release", CARGO_PROFILE_RELEASE_LTO="off", CARGO_PROFILE_RELEASE_OPT_LEVEL="s"
    )
    assert "opt-level=s" in options
    assert "lto=off" in options
