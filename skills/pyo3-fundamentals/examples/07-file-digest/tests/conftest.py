"""What the tests share."""

from pathlib import Path

import pytest
from file_digest import reset_logging


@pytest.fixture(autouse=True)
def _fresh_levels() -> None:
    reset_logging()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with three files, the last of 300 000 bytes."""
    (tmp_path / "inner").mkdir()
    (tmp_path / "a.txt").write_text("abc", encoding="utf-8")
    (tmp_path / "inner" / "empty").touch()
    (tmp_path / "z.bin").write_bytes(b"\7" * 300_000)
    return tmp_path
