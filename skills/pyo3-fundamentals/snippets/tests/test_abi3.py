"""What the chapter on the stable ABI says."""

import shutil
import subprocess
import sys
from importlib.machinery import EXTENSION_SUFFIXES, PathFinder
from pathlib import Path

import fundamentals_snippets
import pytest
from fundamentals_snippets._core import abi3 as snippets


# region: run-time
def test_what_is_new_in_python_is_asked_for_at_run_time() -> None:
    with pytest.raises(ValueError, match=r"invalid digit|in row 2") as caught:
        snippets.total(["1", "two"])
    if sys.version_info >= (3, 11):
        assert caught.value.__notes__ == ["in row 2"]
    else:
        assert str(caught.value) == "in row 2"
        assert isinstance(caught.value.__cause__, ValueError)


# endregion: run-time


def test_a_sum_that_does_not_fit_is_refused() -> None:
    assert snippets.total([str(2**63 - 1), "-1"]) == 2**63 - 2
    with pytest.raises((OverflowError, ValueError), match=r"does not fit into 64 bits|in row 2"):
        snippets.total([str(2**63 - 1), "1"])


@pytest.fixture
def library() -> Path:
    """Return the extension that is installed."""
    return next(Path(fundamentals_snippets.__file__).parent.glob("_core.abi3.so"))


# region: stale
@pytest.mark.skipif(sys.platform == "win32", reason="other suffixes")
def test_the_file_for_one_version_is_loaded_before_the_one_for_all(library: Path, tmp_path: Path) -> None:
    exact, *_, stable, plain = EXTENSION_SUFFIXES
    assert exact.startswith(f".cpython-{sys.version_info.major}{sys.version_info.minor}")
    assert (stable, plain) == (".abi3.so", ".so")

    fresh = tmp_path / "_core.abi3.so"
    shutil.copy(library, fresh)
    stale = tmp_path / f"_core{exact}"
    stale.write_bytes(b"built long ago")
    found = PathFinder.find_spec("_core", [str(tmp_path)])
    assert found is not None
    assert found.origin == str(stale)

    done = subprocess.run(
        [sys.executable, "-c", "import _core"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "ImportError" in done.stderr
    stale.unlink()
    subprocess.run([sys.executable, "-c", "import _core; _core.abi3.total(['1'])"], cwd=tmp_path, check=True)


# endregion: stale
