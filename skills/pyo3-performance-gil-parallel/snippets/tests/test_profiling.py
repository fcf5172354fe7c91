"""Profiling: the program to profile, what the profile adds to a library, and what each tool sees."""

import cProfile
import os
import pstats
import shutil
import subprocess
import sys
from pathlib import Path

import measure_profiling
import pytest
import spelling
from performance_snippets._core import profiling

SNIPPETS = Path(__file__).resolve().parent.parent
WORDS = spelling.make_words(300)
TYPOS = spelling.read_typos("Etaetx, taettaet; Oinoin.\nhshshshs")


def test_both_ways_correct_alike() -> None:
    assert TYPOS == ["etaetx", "taettaet", "oinoin", "hshshshs"]
    corrected = spelling.correct(TYPOS, WORDS)
    assert corrected == spelling.correct_with_dictionary(TYPOS, WORDS)
    assert all(corrected)


@pytest.mark.parametrize(
    ("typo", "word"), [("appel", "apple"), ("bananna", "banana"), ("cherri", "cherry"), ("plum", "plum")]
)
def test_the_nearest_word(typo: str, word: str) -> None:
    fruits = ["apple", "banana", "cherry", "plum"]
    assert profiling.nearest(typo, fruits) == profiling.Dictionary(fruits).nearest(typo) == word


def test_nothing_is_nearest_in_an_empty_list() -> None:
    assert profiling.nearest("plum", []) is profiling.Dictionary([]).nearest("plum") is None


def test_cprofile_sees_one_builtin() -> None:
    profile = cProfile.Profile()
    profile.runcall(spelling.correct, TYPOS, WORDS)
    names = [name for _, _, name in pstats.Stats(profile).stats]  # type: ignore[attr-defined]
    assert any("nearest" in name for name in names)
    assert not any("distance" in name for name in names)


def test_shares_of_stacks() -> None:
    stacks = "main (a.py:1);nearest (b.rs:2);distance 6\nmain (a.py:1);walk (a.py:3);walk (a.py:3) 2\n"
    assert measure_profiling.shares(stacks) == {"main": 1.0, "nearest": 0.75, "distance": 0.75, "walk": 0.25}


@pytest.mark.skipif(shutil.which("cargo") is None, reason="cargo is not installed")
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere debug information is in a file of its own")
def test_the_profile_adds_line_tables(tmp_path: Path) -> None:
    (tmp_path / "Cargo.toml").write_text(
        '[package]\nname = "demo"\nedition = "2024"\n[lib]\ncrate-type = ["cdylib"]\n', encoding="utf-8"
    )
    (tmp_path / "src").mkdir()
    (tmp_path / "src/lib.rs").write_text(
        "#[inline(never)]\nfn inner_name(n: usize) -> usize { n.isqrt() }\n"
        '#[unsafe(no_mangle)]\npub extern "C" fn outer(n: usize) -> usize { inner_name(n) }\n',
        encoding="utf-8",
    )

    def build(profile: str, **variables: str) -> bytes:
        config = str(SNIPPETS / "profiles/profiling.toml")
        command = ["cargo", "build", "--offline", "--profile", profile, "--config", config, "--target-dir", "out"]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("CARGO_")}
        subprocess.run(command, cwd=tmp_path, env=environment | variables, check=True, capture_output=True)
        return (tmp_path / "out" / profile / "libdemo.so").read_bytes()

    profiled, released = build("profiling"), build("release")
    stripped = build("release", CARGO_PROFILE_RELEASE_STRIP="symbols")
    assert b"\0.debug_line\0" in profiled
    assert b"\0.debug_line\0" not in released
    assert b"inner_name" in profiled
    assert b"inner_name" in released
    assert b"inner_name" not in stripped


def test_support_for_perf_begins_with_python_3_12() -> None:
    supported = subprocess.run(
        [sys.executable, "-X", "perf", "-c", "import sys; print(getattr(sys, 'is_stack_trampoline_active', bool)())"],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    if sys.version_info < (3, 12):
        assert supported.stdout == "False\n"
        assert supported.stderr == ""
    else:
        # Where the platform has no trampolines, Python says so and ends.
        assert supported.stdout == "True\n" or "perf" in supported.stderr


@pytest.mark.skipif(shutil.which("py-spy") is None, reason="py-spy is not installed")
def test_py_spy_sees_python_and_rust(tmp_path: Path) -> None:
    stacks = tmp_path / "stacks.txt"
    command = ["py-spy", "record", "--native", "-r", "200", "-f", "raw", "-o", str(stacks), "--"]
    done = subprocess.run(
        [*command, sys.executable, "spelling.py", "10"], cwd=SNIPPETS, capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"py-spy may not look at processes here: {done.stderr[:200]}")
    names = measure_profiling.shares(stacks.read_text(encoding="utf-8"))
    assert "correct" in names
    assert any("distance" in name for name in names)
