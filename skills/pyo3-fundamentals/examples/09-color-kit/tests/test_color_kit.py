"""What a caller may rely on."""

import copy
import doctest
import importlib
import pickle
import pydoc
from typing import Any

import color_kit
import pytest
from color_kit import Color, Rating, Theme, palettes, rate
from color_kit.palettes import Palette, ramp

ORANGE = Color(255, 165, 0)


def test_a_color_is_a_value() -> None:
    assert Color.from_hex("#FFA500") == ORANGE
    assert {ORANGE: "orange"}[Color(255, 165, 0)] == "orange"
    assert ORANGE != (255, 165, 0)
    assert (ORANGE.red, ORANGE.green, ORANGE.blue, ORANGE.hex) == (255, 165, 0, "#ffa500")


def test_a_color_cannot_change() -> None:
    with pytest.raises(AttributeError, match="not writable"):
        ORANGE.red = 0  # type: ignore[misc]


def test_channels_are_bytes() -> None:
    with pytest.raises(OverflowError):
        Color(256, 0, 0)


@pytest.mark.parametrize("text", ["", "#fff", "orange", "#ffa50é"])
def test_other_text_is_no_color(text: str) -> None:
    with pytest.raises(ValueError, match=f"expected a colour such as `#ffa500`, found `{text}`"):
        Color.from_hex(text)


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_is_from_0_to_1(share: float) -> None:
    with pytest.raises(ValueError, match="`share` must be from 0 to 1, found"):
        ORANGE.mix(ORANGE, share=share)


@pytest.mark.parametrize(
    ("gray", "rating"), [(0, Rating.AAA), (100, Rating.AA), (140, Rating.AA_LARGE), (200, Rating.FAIL)]
)
def test_contrast_is_rated(gray: int, rating: Rating) -> None:
    assert rate(Color(gray, gray, gray), Color(255, 255, 255)) == rating


# region: enum
def test_ratings_equal_their_integers_and_hash_like_them() -> None:
    assert Rating.AA == 2
    assert hash(Rating.AA) == hash(2)
    assert int(Rating.AAA) == 3


def test_a_rating_is_no_enum_of_python() -> None:
    with pytest.raises(TypeError, match="not iterable"):
        list(Rating)  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="cannot create"):
        Rating(2)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="not supported between instances"):
        Rating.AA < Rating.AAA  # type: ignore[operator]  # noqa: B015


# endregion: enum


# region: pickle
@pytest.mark.parametrize(
    "value",
    [ORANGE, Rating.FAIL, Rating.AA_LARGE, Rating.AA, Rating.AAA, ramp(ORANGE, ORANGE, 2), Theme(ORANGE), rate, ramp],
    ids=repr,
)
def test_everything_can_be_pickled_and_copied(value: Any) -> None:
    assert pickle.loads(pickle.dumps(value)) == value  # noqa: S301
    assert copy.deepcopy(value) == value


# endregion: pickle


# region: submodule
def test_the_submodule_is_a_path_to_import_from() -> None:
    assert importlib.import_module("color_kit.palettes") is palettes
    assert (Palette.__module__, Palette.__qualname__) == ("color_kit.palettes", "Palette")
    assert importlib.import_module("color_kit._core.palettes").ramp is ramp


# endregion: submodule


def test_a_palette_is_a_value() -> None:
    palette = Palette("warm", [ORANGE, Color(255, 0, 0)])
    assert palette == Palette("warm", [ORANGE, Color(255, 0, 0)])
    assert len(palette) == 2
    assert repr(palette) == '<Palette "warm" of 2 colors>'


@pytest.mark.parametrize("count", [0, 1, 1025])
def test_a_ramp_has_two_colors_or_more(count: int) -> None:
    with pytest.raises(ValueError, match=f"expected 2 to 1024 colors, found {count}"):
        ramp(ORANGE, ORANGE, count)


def test_rust_and_python_work_together() -> None:
    assert Theme(Color(0, 0, 0)).is_readable()
    assert not Theme(ORANGE).is_readable()


# region: documentation
def test_help_shows_the_docstrings() -> None:
    text = pydoc.plain(pydoc.render_doc(color_kit.Color))
    assert "A colour of a screen (sRGB)." in text
    assert "mix(self, /, other, *, share=0.5)" in text


@pytest.mark.parametrize("thing", [Color, rate, ramp], ids=repr)
def test_the_examples_in_the_docstrings_are_right(thing: Any) -> None:
    finder = doctest.DocTestFinder(exclude_empty=True)
    runner = doctest.DocTestRunner()
    # Without `module=False` doctest leaves out what says that it is from another module.
    for examples in finder.find(thing, thing.__name__, module=False, globs={}):
        runner.run(examples)
    results = runner.summarize()
    assert results.attempted > 0
    assert results.failed == 0


# endregion: documentation
