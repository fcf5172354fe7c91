"""Builds: what the library says of its own, what profiles cargo takes, and what is measured."""

import os
import shutil
import subprocess
from pathlib import Path

import measure_builds
import pytest
from performance_snippets._core import builds, calls

SNIPPETS = Path(__file__).resolve().parent.parent


def test_the_library_knows_its_build() -> None:
    assert builds.DEBUG_BUILD is calls.DEBUG_BUILD
    assert builds.PANIC_ABORTS is False
    assert builds.NEEDS_AVX2 is False


def test_a_debug_build_warns() -> None:
    if builds.DEBUG_BUILD:
        with pytest.warns(RuntimeWarning, match="this is a debug build"):
            builds.import_again()
    else:
        builds.import_again()


@pytest.mark.skipif(shutil.which("cargo") is None, reason="cargo is not installed")
@pytest.mark.parametrize("profile", ["release", "editable"])
def test_cargo_takes_the_profiles(tmp_path: Path, profile: str) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src/main.rs").write_text('fn main() { println!("{}", cfg!(debug_assertions)); }', encoding="utf-8")
    (tmp_path / "Cargo.toml").write_text('[package]\nname = "demo"\nedition = "2024"\n', encoding="utf-8")
    config = str(SNIPPETS / "profiles/wheels.toml")
    command = ["cargo", "run", "-v", "--offline", "--profile", profile, "--config", config, "--target-dir", "out"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CARGO_")}
    done = subprocess.run(command, cwd=tmp_path, env=environment, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ("false" if profile == "release" else "true")
    flags = ["-C lto", "-C codegen-units=1"] if profile == "release" else ["-C opt-level=1", "line-tables-only"]
    assert all(flag in done.stderr for flag in flags), done.stderr


def test_maturin_wants_to_know_what_to_run(tmp_path: Path) -> None:
    project = tmp_path / "project"
    shutil.copytree(SNIPPETS / "word-counts", project)
    manifest = project / "pyproject.toml"
    lines = manifest.read_text(encoding="utf-8").splitlines()
    manifest.write_text("\n".join(line for line in lines if "pgo-command" not in line), encoding="utf-8")
    command = ["maturin", "build", "--release", "--pgo", "--out", str(tmp_path)]
    done = subprocess.run(command, cwd=project, check=False, capture_output=True, text=True)
    assert done.returncode
    assert "--pgo requires a non-empty `pgo-command` to be set in `[tool.maturin]`" in done.stderr


def test_rows_differ() -> None:
    variants = list(measure_builds.ROWS.values())
    assert len(set(variants)) == len(variants)
