"""What the tests of migrations share."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.conftest import CACHE, git

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Command

    # Takes a manifest, the code of a library and a release, and returns what becomes of the code.
    MigrateCrate = Callable[[str, str, str], str]


@pytest.fixture
def shared_target() -> str:
    """Where cargo keeps what it has compiled, from one run to the next."""
    return str(CACHE / "migration/target")


@pytest.fixture
def migrate_crate(pyo3_new: Command, environment: dict[str, str], shared_target: str, tmp_path: Path) -> MigrateCrate:
    """Bring a crate of one file to a release, with the compiler, and expect that nothing is left to a person."""
    environment["CARGO_TARGET_DIR"] = shared_target

    def migrate(manifest: str, code: str, release: str) -> str:
        folder = tmp_path / "crate"
        (folder / "src").mkdir(parents=True)
        (folder / "Cargo.toml").write_text(manifest, encoding="utf-8")
        (folder / "src/lib.rs").write_text(code, encoding="utf-8")
        git("init", "--quiet", ".", cwd=folder)
        git("add", "--all", cwd=folder)
        git("commit", "--quiet", "--message", "Start", cwd=folder)
        result = json.loads(pyo3_new("migrate", "--to", release, "--json", cwd=folder, code=0).stdout)
        assert result["errors"] == result["left"] == []
        return (folder / "src/lib.rs").read_text(encoding="utf-8")

    return migrate
