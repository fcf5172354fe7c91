"""Paths in, paths out, and what is raised about them."""

import errno
import os
import sys
from pathlib import Path

import pytest
from text_clean import clean_file


# region: paths
def test_a_path_is_a_string_or_has_fspath(tmp_path: Path) -> None:
    file, target = tmp_path / "notes.txt", tmp_path / "clean.txt"
    file.write_bytes(b"a\r\n")
    for path in (file, str(file)):
        assert clean_file(path, target) == target  # a pathlib.Path whatever was given
    assert file.read_bytes() == b"a\r\n"
    assert target.read_bytes() == b"a\n"


def test_a_path_of_bytes_is_refused() -> None:
    with pytest.raises(TypeError, match="'bytes' object"):
        clean_file(b"notes.txt", "clean.txt")  # type: ignore[arg-type]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such file names")
def test_a_name_that_is_not_utf_8_survives(tmp_path: Path) -> None:
    file = tmp_path / os.fsdecode(b"caf\xe9.txt")  # Python writes the byte as a lone surrogate
    (tmp_path / "notes.txt").write_bytes(b"a \n")
    assert clean_file(tmp_path / "notes.txt", file) == file
    assert file.read_bytes() == b"a\n"


# endregion: paths


# region: os-error
def test_a_missing_file_is_reported_with_its_path(tmp_path: Path) -> None:
    missing = tmp_path / "missing.txt"
    with pytest.raises(FileNotFoundError) as caught:
        clean_file(missing, tmp_path)
    assert caught.value.errno == errno.ENOENT
    assert caught.value.filename == missing  # a pathlib.Path whatever was given


def test_a_path_that_cannot_be_one_has_no_number() -> None:
    with pytest.raises(OSError, match="NUL byte") as caught:
        clean_file("a\0b", "clean.txt")
    assert caught.value.errno is None


# endregion: os-error


def test_of_another_encoding_nothing_is_written(tmp_path: Path) -> None:
    file = tmp_path / "latin.txt"
    file.write_bytes(b"caf\xe9 \n")
    with pytest.raises(UnicodeDecodeError, match="position 3"):
        clean_file(file, tmp_path / "clean.txt")
    assert not (tmp_path / "clean.txt").exists()
