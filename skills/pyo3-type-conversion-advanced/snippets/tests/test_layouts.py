"""What each layout of an array does to code in Rust."""

import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from conversion_snippets._core import layouts
from numpy.lib.stride_tricks import as_strided, sliding_window_view

GRID = np.arange(12.0).reshape(3, 4)
FORTRAN = np.asfortranarray(np.arange(6.0).reshape(2, 3))
AFTER = np.array([(1.0, 0), (2.0, 0), (3.0, 0)], [("depth", "f8"), ("flag", "u1")])["depth"]
BEFORE = np.zeros(2, [("flag", "u1"), ("depth", "f8")])["depth"]
UNALIGNED = np.frombuffer(bytes(25), "u1")[1:].view("f8")

READABLE = {
    "c": GRID,
    "fortran": FORTRAN,
    "transposed": GRID.T,
    "strided": GRID[:, ::2],
    "reversed": GRID[::-1],
    "both": GRID[::-1, ::-2],
    "broadcast": np.broadcast_to(1.0, (2, 3)),
    "length 1": GRID[:1, ::-1],
    "new axis": GRID[:, 0, None],
    "0-d": np.array(3.0),
    "32 dimensions": np.zeros((1,) * 32),
    "overlapping": sliding_window_view(np.arange(5.0), 3),
}
EMPTY = [np.zeros(0), GRID[:0], GRID[:, :0], GRID[::-1, :0], np.zeros(5)[::-1][:0], np.zeros(5)[5:]]


@pytest.mark.parametrize("depths", READABLE.values(), ids=READABLE.keys())
def test_as_array_reads_every_aligned_layout(depths: np.ndarray) -> None:
    expected = np.asarray(depths).ravel().tolist()
    assert layouts.unchecked(depths) == expected
    assert layouts.mean_depth(depths) == pytest.approx(depths.mean())
    elements, copied = layouts.profile(depths)
    assert (elements, copied) == (expected, not depths.flags.c_contiguous)


@pytest.mark.parametrize("depths", EMPTY)
def test_an_empty_array_has_no_element(depths: np.ndarray) -> None:
    assert layouts.unchecked(depths) == []
    assert layouts.profile(depths) == ([], False)
    with pytest.raises(ValueError, match="no soundings"):
        layouts.mean_depth(depths)


def test_ndarray_counts_elements() -> None:
    for depths, strides, seen in [
        (np.zeros((2, 3)), (24, 8), [3, 1]),
        (FORTRAN, (8, 16), [1, 2]),
        (np.zeros(4)[::2], (16,), [2]),
        (np.zeros(4)[::-1], (-8,), [-1]),
        (np.broadcast_to(1.0, (2, 3)), (0, 0), [0, 0]),
    ]:
        assert depths.strides == strides
        assert layouts.seen_by_ndarray(depths) == (list(depths.shape), seen)


def test_where_layouts_come_from() -> None:
    frame = pd.DataFrame({"depth": [1.0, 2.0], "width": [3.0, 4.0]})
    assert frame.to_numpy().flags.f_contiguous
    depths = np.arange(4.0)
    assert depths[::-1].ctypes.data == depths.ctypes.data + 24
    assert np.zeros((1,) * 64).ndim == 64
    assert type(depths[0]) is np.float64
    with pytest.warns(RuntimeWarning, match="Mean of empty slice"), np.errstate(invalid="ignore"):
        assert np.isnan(np.zeros(0).mean())


def test_a_stride_between_elements_reads_wrong_numbers() -> None:
    # region: packed
    soundings = np.array([(1.0, 0), (2.0, 0), (3.0, 0)], [("depth", "f8"), ("flag", "u1")])
    depths = soundings["depth"]
    assert (depths.strides, depths.flags.aligned) == ((9,), False)
    assert layouts.unchecked(depths) == [1.0, 0.0, 3.16e-322]
    # endregion: packed


def test_an_unaligned_pointer_panics_in_a_debug_build() -> None:
    with pytest.raises(BaseException, match="must be aligned") as error:
        layouts.unchecked(BEFORE)
    assert error.typename == "PanicException"


@pytest.mark.parametrize("depths", [AFTER, BEFORE, UNALIGNED])
def test_unaligned_elements_are_refused(depths: np.ndarray) -> None:
    for function in (layouts.mean_depth, layouts.profile):
        with pytest.raises(TypeError, match="not aligned; pass a copy"):
            function(depths)
    for function in (layouts.by_as_slice, layouts.by_to_vec):
        with pytest.raises(TypeError, match="not contiguous or is misaligned"):
            function(depths)
    assert layouts.mean_depth(depths.copy()) == depths.mean()


def test_slices_of_rust_numpy_follow_the_memory() -> None:
    assert layouts.by_as_slice(FORTRAN) == [0.0, 3.0, 1.0, 4.0, 2.0, 5.0]
    assert layouts.by_to_vec(FORTRAN) == [0.0, 3.0, 1.0, 4.0, 2.0, 5.0]
    assert layouts.profile(FORTRAN) == ([0.0, 1.0, 2.0, 3.0, 4.0, 5.0], True)
    for depths in (GRID[::-1], GRID[:, ::2]):
        with pytest.raises(TypeError, match="not contiguous"):
            layouts.by_as_slice(depths)


VIEWS: list[Callable[[np.ndarray], np.ndarray]] = [
    lambda depths: depths,
    lambda depths: depths.T,
    lambda depths: depths[::-1, ::2],
    lambda depths: depths[:0],
    lambda depths: depths[1],
    lambda depths: depths[:, None],
    lambda depths: depths[::-1][:0],
]


@pytest.mark.parametrize("view", VIEWS)
def test_what_is_written_goes_to_the_same_places(view: Callable[[np.ndarray], np.ndarray]) -> None:
    depths, expected = GRID.copy(), GRID.copy()
    layouts.lower(view(depths), 2.0)
    view(expected)[...] -= 2.0
    np.testing.assert_array_equal(depths, expected)


@pytest.mark.parametrize(
    ("depths", "message"),
    [
        (as_strided(np.zeros(4), (3, 2), (8, 8)), "overlap"),
        (as_strided(np.zeros(4), (3,), (0,)), "overlap"),
        (sliding_window_view(np.zeros(4), 2, writeable=True), "overlap"),
        (AFTER, "not aligned"),
        (np.broadcast_to(1.0, (2, 3)), "not writeable"),
        # Its elements do not meet, which the check does not see.
        (as_strided(np.zeros(8), (3, 2), (16, 24)), "overlap"),
    ],
)
def test_what_must_not_be_written_is_refused(depths: np.ndarray, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        layouts.lower(depths, 1.0)


def test_more_than_32_dimensions_panic() -> None:
    with pytest.raises(BaseException, match="32 or fewer dimensions") as error:
        layouts.unchecked(np.zeros((1,) * 33))
    assert error.typename == "PanicException"


@pytest.mark.parametrize(("value", "name"), [(np.float64(1), "float64"), ([1.0], "list")])
def test_a_scalar_is_no_array(value: object, name: str) -> None:
    with pytest.raises(TypeError, match=f"'{name}' object is not an instance of 'ndarray'"):
        layouts.mean_depth(value)


def test_a_masked_array_is_read_without_its_mask() -> None:
    masked = np.ma.array([1.0, 2.0], mask=[False, True])
    assert (masked.mean(), layouts.mean_depth(masked)) == (1.0, 1.5)


@pytest.mark.skipif(sys.platform != "linux", reason="the limit of memory is that of Linux")
def test_a_copy_larger_than_memory_ends_the_process() -> None:
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30));"
        "import numpy as np; from conversion_snippets._core import layouts;"
        "huge = np.broadcast_to(1.0, (2**40,)); print(huge.nbytes)\n"
        "try: np.array(huge)\n"
        "except MemoryError: print('MemoryError', flush=True)\n"
        "layouts.copy_size(huge)"
    )
    result = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert result.stdout == f"{2**43}\nMemoryError\n"
    assert result.returncode not in (0, 1)
    assert "memory allocation of 8796093022208 bytes failed" in result.stderr
