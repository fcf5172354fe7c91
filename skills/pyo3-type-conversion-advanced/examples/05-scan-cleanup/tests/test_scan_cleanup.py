"""Images in all layouts, changed in place as scipy and NumPy change copies."""

import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.lib.stride_tricks import as_strided
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from scan_cleanup import clean_page, despeckle, stretch
from scipy.ndimage import median_filter  # type: ignore[import-untyped]

PROJECT = Path(__file__).parents[1]
Array = NDArray[Any]
TYPES = ["u1", "u2", "f4"]
WHITE = {"u1": 255, "u2": 65535, "f4": 1}


def medians(image: Array) -> Array:
    size = (3, 3, 1)[: image.ndim]
    return np.asarray(median_filter(image, size=size, mode="nearest"))


def stretched(image: Array, black: float, white: float) -> Array:
    part = np.clip((image.astype("f8") - black) / (white - black), 0, 1) * WHITE[image.dtype.str[1:]]
    return (part if image.dtype.kind == "f" else np.rint(part)).astype(image.dtype)


@st.composite
def images(draw: st.DrawFn) -> Array:
    shape = (*draw(st.tuples(st.integers(0, 9), st.integers(0, 9))), *draw(st.sampled_from([(), (1,), (3,), (4,)])))
    dtype = draw(st.sampled_from(TYPES))
    floats = st.floats(-2, 2, width=32) | st.sampled_from([np.inf, -np.inf])
    return draw(arrays(dtype, shape, elements=floats if dtype == "f4" else None))


# region: layouts
def framed(image: Array) -> tuple[Array, Array]:
    """Put an image in the middle of a larger one."""
    whole = np.full((image.shape[0] + 2, image.shape[1] + 3, *image.shape[2:]), 77, image.dtype)
    view = whole[1:-1, 1:-2]
    view[...] = image
    return whole, view


def packed(image: Array) -> tuple[Array, Array]:
    """Put pixels into a field of records, which is not aligned."""
    records = np.zeros(image.shape[:2], [("flag", "u1"), ("pixel", image.dtype, image.shape[2:])])
    records["flag"] = 7
    records["pixel"] = image
    return records["flag"], records["pixel"]


def spaced(image: Array) -> tuple[Array, Array]:
    """Leave every second column and row out, backwards."""
    whole = np.full((2 * image.shape[0], 2 * image.shape[1], *image.shape[2:]), 77, image.dtype)
    view = whole[::-2, ::2]
    view[...] = image
    return whole, view


def planar(image: Array) -> tuple[Array, Array]:
    """Store columns before rows, and channels before both."""
    whole = np.array(image.T, order="C")
    return whole, whole.T


LAYOUTS: list[Callable[[Array], tuple[Array, Array]]] = [lambda image: (image, image), framed, packed, spaced, planar]
FILTERS: list[tuple[Callable[[Array], None], Callable[[Array], Array]]] = [
    (despeckle, medians),
    (partial(stretch, black=0.25, white=1.5), lambda image: stretched(image, 0.25, 1.5)),
    (partial(stretch, black=-3, white=200), lambda image: stretched(image, -3, 200)),
]


@given(images(), st.sampled_from(LAYOUTS), st.sampled_from(FILTERS))
def test_a_view_is_changed_and_nothing_else(image: Array, layout: Any, filters: Any) -> None:
    change, expect = filters
    whole, view = layout(image.copy())
    expected = expect(image) if image.size else image
    marked = np.zeros(whole.shape, bool)
    if np.shares_memory(whole, view) and whole.size and view.size:
        before, view[...] = view.copy(), 0
        zero = whole.copy()
        view[...] = 1
        marked = zero != whole
        view[...] = before
    untouched = whole[~marked].copy()
    change(view)
    assert_array_equal(view, expected, strict=True)
    assert_array_equal(whole[~marked], untouched)


# endregion: layouts


@given(arrays("f4", (4, 5), elements=st.sampled_from([0, 0.5, 1, np.nan])))
def test_nan_is_the_brightest(image: Array) -> None:
    brighter = np.where(np.isnan(image), 2, image).astype("f4")
    expected = medians(brighter)
    despeckle(image)
    assert_array_equal(np.where(np.isnan(image), 2, image), expected)
    kept = np.isnan(image)
    stretch(image, 0, 1)
    assert_array_equal(np.isnan(image), kept)


def test_specks_go_and_strokes_stay() -> None:
    page = np.full((60, 80), 230, "u1")
    page[20:25, 10:70] = 20
    clean = page.copy()
    page[3::7, 5::9] = 0
    page[22, 30] = 255
    despeckle(page)
    assert_array_equal(page[21:24, 11:69], clean[21:24, 11:69])
    assert (page != clean).sum() < 10


@pytest.mark.parametrize("dtype", TYPES)
def test_a_page_is_cleaned(dtype: str) -> None:
    page = np.full((300, 200, 3), 180, dtype)
    page[100:120, 20:180] = 60
    page[10, 10] = 0
    assert clean_page(page) == (60, 180)
    assert set(np.unique(page)) == {0, WHITE[dtype]}
    blank = np.full((3, 3), 9, dtype)
    assert clean_page(blank) == (9, 9)
    assert_array_equal(blank, 9)
    assert clean_page(np.zeros((0, 5), dtype)) == (0, 0)


@pytest.mark.parametrize("shape", [(), (5,), (2, 2, 5), (2, 2, 0), (2, 2, 3, 1)])
def test_what_is_no_image_is_refused(shape: tuple[int, ...]) -> None:
    for change, _ in FILTERS:
        with pytest.raises(ValueError, match=re.escape(str(list(shape)))):
            change(np.zeros(shape, "u1"))


@pytest.mark.parametrize("dtype", ["?", "i1", "i4", "f8", "f2", ">u2", ">f4", "O", "M8[s]", [("a", "u1")]])
def test_other_pixels_are_refused(dtype: Any) -> None:
    image = np.zeros((2, 2), dtype)
    for change, _ in FILTERS:
        with pytest.raises(TypeError, match=r"expected pixels of uint8, uint16 or float32"):
            change(image)


@pytest.mark.parametrize("image", [[[1, 2]], None, b"12"])
def test_only_arrays_are_taken(image: Any) -> None:
    with pytest.raises(TypeError, match="ndarray"):
        despeckle(image)


def frozen() -> Array:
    image = np.zeros((3, 3), "u1")
    image.flags.writeable = False
    return image


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (frozen(), "not writeable"),
        (np.broadcast_to(np.uint8(1), (3, 3)), "not writeable"),
        (np.frombuffer(bytes(9), "u1").reshape(3, 3), "not writeable"),
        (as_strided(np.zeros(9, "u1"), (3, 3), (1, 1)), "overlap"),
        (as_strided(np.zeros(9, "u1"), (3, 3), (3, 0)), "overlap"),
        (as_strided(np.zeros(9, "f4"), (3, 3), (8, 2)), "overlap"),
    ],
)
def test_what_can_not_be_changed_is_refused(image: Array, reason: str) -> None:
    before = image.copy()
    for change, _ in FILTERS:
        with pytest.raises(TypeError, match=f"can't be changed: .*{reason}"):
            change(image)
    assert_array_equal(image, before)


@pytest.mark.parametrize(("black", "white"), [(1, 1), (2, 1), (np.nan, 1), (0, np.inf), (-1e308, 1e308), (0, 5e-324)])
def test_levels_are_checked(black: float, white: float) -> None:
    image = np.ones((2, 2), "u1")
    with pytest.raises(ValueError, match="expected finite numbers in this order"):
        stretch(image, black, white)
    assert_array_equal(image, 1)


# region: threads
def test_threads_clean_parts_of_one_page() -> None:
    page = np.random.default_rng(3).integers(0, 256, (600, 400), "u1")
    for parts in (np.array_split(page, 4), np.array_split(page, 4, axis=1), [page[:, part::4] for part in range(4)]):
        expected = [medians(part) for part in parts]
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(despeckle, parts))
        for part, result in zip(parts, expected, strict=True):
            assert_array_equal(part, result)


def test_threads_take_turns_at_one_page() -> None:
    page = np.random.default_rng(4).random((200, 300), "f4")
    expected = medians(medians(medians(page)))
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(despeckle, [page] * 3))
    assert_array_equal(page, expected)


def test_a_page_may_change_meanwhile() -> None:
    page, stop = np.zeros((300, 300), "f4"), threading.Event()

    def scribble() -> int:
        rounds = 0
        while not stop.is_set():
            page[...] = rounds % 2
            rounds += 1
        return rounds

    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(scribble)
        for _ in range(10):
            despeckle(page)
        stop.set()
        assert future.result() > 0
    assert set(np.unique(page)) <= {0.0, 1.0}


# endregion: threads


def despeckle_often(page: Array) -> None:
    for _ in range(100):
        despeckle(page)


@pytest.mark.skipif(sys.platform == "win32", reason="there a signal ends the process")
def test_ctrl_c_leaves_the_lower_rows_as_they_were() -> None:
    page = np.zeros((4000, 5000), "u1")
    page[::2] = 200
    with pytest.raises(KeyboardInterrupt):  # noqa: PT012 - it may come as soon as the timer starts
        threading.Timer(0.3, signal.raise_signal, [signal.SIGINT]).start()
        despeckle_often(page)
    # It is given back.
    stretch(page[:1], 0, 200)


def test_the_readme_runs() -> None:
    guide = (PROJECT / "README.md").read_text(encoding="utf-8")
    (source,) = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    done = subprocess.run([sys.executable, "-c", source], check=True, stdout=subprocess.PIPE, text=True, timeout=60)
    assert done.stdout.splitlines() == [line.partition("# ")[2] for line in source.splitlines() if "print(" in line]
