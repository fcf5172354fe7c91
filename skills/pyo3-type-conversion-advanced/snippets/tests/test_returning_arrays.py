"""Arrays that Rust returns: whose memory they have, and for how long."""

import gc
import sys
import threading
import time
import weakref

import numpy as np
import pytest
from conversion_snippets._core import in_place, returning_arrays
from conversion_snippets.proof import address_of, bytes_kept, peak_growth, resident

linux = pytest.mark.skipif(sys.platform != "linux", reason="what the process has is read from /proc")


def test_a_moved_vec_is_the_memory_of_the_array() -> None:
    address, levels = returning_arrays.tide_and_address(1000)
    assert levels.ctypes.data == address
    assert (levels.flags.owndata, levels.flags.writeable) == (False, True)
    assert type(levels.base).__name__ == "PySliceContainer"
    with pytest.raises(ValueError, match="does not own its data"):
        levels.resize(2000)
    assert np.array_equal(np.resize(levels, 2000)[1000:], levels)


@pytest.mark.parametrize(
    "make", [returning_arrays.tide_copied, returning_arrays.tide_filled, returning_arrays.tide_into]
)
def test_memory_of_numpy_belongs_to_the_array(make: object) -> None:
    levels = make(1000)
    assert levels.flags.owndata
    assert levels.base is None
    levels.resize(2000, refcheck=False)
    assert np.array_equal(levels[:1000], returning_arrays.tide(1000))


def test_a_vec_by_itself_becomes_a_list() -> None:
    assert returning_arrays.tide_list(3) == returning_arrays.tide(3).tolist()


def test_an_empty_vec_is_an_array() -> None:
    assert returning_arrays.tide(0).shape == (0,)


@linux
def test_a_truncated_vec_keeps_the_memory_of_all() -> None:
    size = 8 * 8_000_000
    before = resident("VmRSS")
    first = returning_arrays.tide_truncated(8_000_000, 10)
    assert len(first) == 10
    assert resident("VmRSS") - before > 0.9 * size
    del first
    first = returning_arrays.tide_truncated(8_000_000, 10, shrink=True)
    assert len(first) == 10
    assert resident("VmRSS") - before < 0.1 * size


@linux
def test_moved_memory_is_given_back() -> None:
    assert bytes_kept(lambda: returning_arrays.tide(100_000), times=50) < 80_000


def test_out_is_filled_and_returned() -> None:
    levels = np.zeros((2, 24))
    row = levels[1]
    assert returning_arrays.tide_into(24, out=row) is row
    assert levels.tolist() == [[0.0] * 24, returning_arrays.tide_list(24)]
    with pytest.raises(ValueError, match="out has 48 places, and 24 are needed"):
        returning_arrays.tide_into(24, out=np.zeros(48))
    with pytest.raises(TypeError):
        returning_arrays.tide_into(24, out=np.zeros(24, np.float32))


@linux
def test_out_takes_no_new_memory() -> None:
    out = np.ones(4_000_000)
    assert peak_growth(lambda: returning_arrays.tide_into(len(out), out=out)) < 0.1 * out.nbytes
    assert peak_growth(lambda: returning_arrays.tide_into(len(out))) > 0.9 * out.nbytes


def test_rows_of_two_are_one_block() -> None:
    places = returning_arrays.drift(5)
    assert (places.shape, places.flags.c_contiguous) == ((5, 2), True)
    assert places[:, 0].tolist() == [0, 1, 2, 3, 4]
    assert places[:, 1].tolist() == returning_arrays.tide_list(5)


def test_the_order_stays() -> None:
    levels = returning_arrays.transposed(3)
    assert (levels.shape, levels.flags.f_contiguous, levels.flags.c_contiguous) == ((24, 3), True, False)


def test_a_lent_array_is_a_view_of_the_table() -> None:
    table = returning_arrays.TideTable(3)
    levels = table.levels
    assert levels.base is table
    assert address_of(levels) == address_of(table.levels)
    assert levels is not table.levels
    assert levels.reshape(-1).tolist() == returning_arrays.tide_list(72)


def test_a_lent_array_keeps_the_table() -> None:
    table = returning_arrays.TideTable(3)
    before = sys.getrefcount(table)
    levels = table.levels
    assert sys.getrefcount(table) == before + 1
    part = levels[1:, ::2]
    del levels
    assert sys.getrefcount(table) == before + 1
    del part
    assert sys.getrefcount(table) == before
    column = returning_arrays.TideTable(3).levels[:, 0]
    gc.collect()
    assert column[0] == 1.0


@pytest.mark.parametrize("make", [lambda: returning_arrays.TideTable(3).levels, returning_arrays.year])
def test_a_lent_array_stays_read_only(make: object) -> None:
    levels = make()
    with pytest.raises(ValueError, match="read-only"):
        levels[0] = 1.0
    with pytest.raises(ValueError, match="cannot set WRITEABLE flag to True"):
        levels.flags.writeable = True
    assert levels.copy().flags.writeable


def test_a_kept_array_is_the_same_object_and_stays_read_only() -> None:
    table = returning_arrays.KeptTable(24)
    assert table.levels is table.levels
    with pytest.raises(ValueError, match="read-only"):
        table.levels[0] = 1.0
    with pytest.raises(ValueError, match="cannot set WRITEABLE flag to True"):
        table.levels.flags.writeable = True


def test_an_array_that_owns_its_memory_can_be_made_writeable_again() -> None:
    levels = returning_arrays.tide_read_only(10)
    with pytest.raises(ValueError, match="read-only"):
        levels[0] = 2.0
    levels.flags.writeable = True
    levels[0] = 2.0


def test_all_share_the_year() -> None:
    first = returning_arrays.year()
    assert returning_arrays.year_shares() == 2
    second = returning_arrays.year()
    assert np.shares_memory(first, second)
    assert returning_arrays.year_shares() == 3
    del first, second
    assert returning_arrays.year_shares() == 1
    assert type(returning_arrays.year().base).__name__ == "PyCapsule"


TABLE = returning_arrays.TideTable(9)


@pytest.mark.parametrize("make", [returning_arrays.year, lambda: TABLE.levels.T[0]])
def test_an_array_can_be_lent_while_another_is_borrowed(make: object) -> None:
    results: list[float] = []
    audit = threading.Thread(target=lambda: results.append(in_place.audit(make(), 0.4)))
    audit.start()
    time.sleep(0.1)
    levels = make()
    audit.join()
    assert results[0] == pytest.approx(levels.sum())


def test_an_array_can_be_watched() -> None:
    levels = returning_arrays.tide(10)
    watch = weakref.ref(levels)
    part = levels[2:]
    del levels
    assert watch() is part.base
    assert part[1:].base is part.base
    del part
    assert watch() is None
