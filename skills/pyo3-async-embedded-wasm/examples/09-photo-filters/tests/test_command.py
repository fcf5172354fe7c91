"""The command `photo-filters`."""

from pathlib import Path

import pytest
from photo_filters import Photo
from photo_filters.__main__ import main


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "in.png"
    path.write_bytes(Photo(2, 2, bytes([200, 100, 50, 255] * 4)).to_png())
    return path


def test_it_applies_filters_in_order(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.png"
    assert main([str(source), str(target), "--filter", "contrast=0.5", "-f", "black-and-white"]) == 0
    expected = Photo.from_png(source.read_bytes()).apply("contrast", 0.5).apply("black-and-white")
    assert Photo.from_png(target.read_bytes()) == expected


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["-f", "glow"], 'there is no filter "glow"'), (["-f", "blur=99"], "blur takes an amount from 0 to 50, not 99")],
)
def test_its_errors_are_one_line(
    arguments: list[str], message: str, source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(source), str(tmp_path / "out.png"), *arguments]) == 1
    assert capsys.readouterr().err == f"error: {message}\n"
    assert not (tmp_path / "out.png").exists()


def test_a_missing_file_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "gone.png"), str(tmp_path / "out.png")]) == 1
    assert "gone.png" in capsys.readouterr().err


def test_a_word_for_an_amount_is_wrong_usage(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ending:
        main([str(source), str(source), "-f", "blur=much"])
    assert ending.value.code == 2
    assert "blur=much" in capsys.readouterr().err
