"""What proves that nothing is copied, what finds leaks, and what each of them doesn't see."""

import mmap
import platform
import resource
import subprocess
import sys
import tracemalloc
import weakref
from collections.abc import Callable

import measure_zero_copy
import numpy as np
import pyarrow as pa
import pytest
from conversion_snippets._core import proving
from conversion_snippets.proof import address_of, bytes_kept, peak_growth, references_kept, resident

linux = pytest.mark.skipif(sys.platform != "linux", reason="what the process has is read from /proc")
SIZE = 128_000_000
# What a call may need beside its array.
LITTLE = SIZE // 15
BORROWED = [
    "PyReadonlyArray1, borrowed",
    "PyReadwriteArray1, in place",
    "NumPy, samples *= 0.5",
    "Arrow array, borrowed",
    "&[u8] of bytes, borrowed",
]
MADE_ONCE = ["NumPy, samples * 0.5", "Vec returned by into_pyarray"]
COPIED = ["Vec<f64> of the array", "Vec<u8> of bytes"]


@linux
def test_what_copies_an_eighth_of_a_gigabyte() -> None:
    proofs = measure_zero_copy.proofs(SIZE)
    for name in BORROWED:
        assert proofs[name].same_address, name
        assert proofs[name].growth < LITTLE, name
    for name in [*MADE_ONCE, *COPIED]:
        assert proofs[name].growth == pytest.approx(SIZE, rel=0.1), name
    assert not any(proofs[name].same_address for name in COPIED)
    assert proofs["Vec returned by into_pyarray"].same_address
    hidden = proofs["PyReadonlyArray1, copied inside"]
    assert (hidden.same_address, hidden.growth > 0.9 * SIZE) == (True, True)
    copied = proofs["Vec returned by to_pyarray"]
    assert (copied.same_address, copied.growth > 1.9 * SIZE) == (False, True)


def test_an_address_is_used_again() -> None:
    first = np.empty(100, np.uint8)
    address = first.ctypes.data
    del first
    assert np.empty(100, np.uint8).ctypes.data == address


def test_ranges_may_meet_where_elements_do_not() -> None:
    samples = np.ones(10)
    assert np.may_share_memory(samples[::2], samples[1::2])
    assert not np.shares_memory(samples[::2], samples[1::2])
    assert np.shares_memory(samples[::2], samples[1:3])


def test_addresses_of_anything() -> None:
    samples = np.arange(10.0)
    assert address_of(samples[3:]) == samples.ctypes.data + 24
    assert address_of(samples[::-1]) == samples.ctypes.data + 72
    image = bytes(10)
    assert proving.brightest(image) == (0, address_of(image))
    arrow = pa.array(samples)
    assert proving.loudest_of_arrow(arrow[3:])[1] == arrow.buffers()[1].address + 24


@linux
def test_memory_that_nobody_wrote_to_is_not_resident() -> None:
    size = 64_000_000
    before = resident("VmRSS")
    empty = np.zeros(size, np.uint8)
    assert resident("VmRSS") - before < size / 10
    assert peak_growth(lambda: empty.fill(1)) > 0.9 * size
    assert peak_growth(lambda: empty.fill(2)) < size / 10


def traced_peak(action: Callable[[], object]) -> int:
    tracemalloc.start()
    result = action()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    del result
    return peak


def test_tracemalloc_sees_numpy_and_not_rust() -> None:
    count = 1_000_000
    samples = np.ones(count)
    assert traced_peak(lambda: samples * 2) > 7_900_000
    assert traced_peak(lambda: proving.tone_copied(count)) == pytest.approx(8_000_000, rel=0.1)
    assert traced_peak(lambda: proving.tone_moved(count)) < 10_000
    assert traced_peak(lambda: proving.loudest_of_hidden_copy(samples)) < 10_000
    assert traced_peak(lambda: pa.array(samples).cast(pa.float32())) < 100_000


SMALL_COPIES = """
import sys
import numpy as np
from conversion_snippets._core import proving
from conversion_snippets.proof import peak_growth
samples = np.full(int(sys.argv[1]) * 125_000, 0.5)
print(*(peak_growth(lambda: proving.loudest_of_hidden_copy(samples)) for _ in range(4)))
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another allocator keeps other sizes")
@pytest.mark.parametrize(("megabytes", "seen_again"), [(30, False), (40, True)])
def test_a_small_copy_is_seen_only_once(megabytes: int, seen_again: bool) -> None:
    command = [sys.executable, "-c", SMALL_COPIES, str(megabytes)]
    first, *_, last = map(int, subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())
    assert first > 0.9 * megabytes * 1_000_000
    assert (last > 0.9 * megabytes * 1_000_000) == seen_again


@pytest.mark.skipif(sys.version_info < (3, 12), reason="None is immortal from 3.12 on")
def test_constants_are_not_counted() -> None:
    before = sys.getrefcount(None)
    many = [None] * 100
    assert (sys.getrefcount(None), len(many)) == (before, 100)


CHILD = "import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"


@linux
def test_a_child_inherits_the_highest_memory() -> None:
    ballast = np.ones(40_000_000)
    peak = int(subprocess.run([sys.executable, "-c", CHILD], check=True, capture_output=True, text=True).stdout)
    assert peak * 1024 > ballast.nbytes


@linux
def test_the_peak_of_rusage_hides_what_is_smaller_than_before() -> None:
    np.ones(20_000_000).sum()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    np.ones(10_000_000).sum()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss == peak
    assert peak_growth(lambda: np.ones(10_000_000).sum()) > 75_000_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < peak


def test_kept_references_are_counted() -> None:
    samples = np.ones(3)
    assert references_kept(proving.loudest_borrowed, samples) == 0
    assert references_kept(proving.leak_reference, object()) == 1
    assert references_kept(proving.leak_borrow, samples) == 1


def test_a_weak_reference_tells_when_an_array_is_freed() -> None:
    samples = np.ones(3)
    watch = weakref.ref(samples)
    proving.loudest_borrowed(samples)
    del samples
    assert watch() is None
    samples = np.ones(3)
    watch = weakref.ref(samples)
    proving.leak_reference(samples)
    del samples
    assert watch() is not None


def test_an_export_that_is_left_open_refuses_a_resize() -> None:
    data = bytearray(8)
    proving.brightest_of_vec(data)
    data.append(1)
    proving.leak_export(data)
    with pytest.raises(BufferError, match="Existing exports of data: object cannot be re-sized"):
        data.append(1)


def test_an_export_that_is_left_open_keeps_a_map_open() -> None:
    area = mmap.mmap(-1, 4096)
    proving.leak_export(area)
    with pytest.raises(BufferError, match="cannot close exported pointers exist"):
        area.close()


def test_an_export_that_is_left_open_keeps_a_view_open() -> None:
    view = memoryview(bytearray(8))
    proving.leak_export(view)
    with pytest.raises(BufferError, match="memoryview has 1 exported buffer"):
        view.release()


def test_a_borrow_that_is_left_open_refuses_a_change() -> None:
    samples = np.ones(3)
    proving.loudest_borrowed(samples)
    proving.change(samples)
    proving.leak_borrow(samples)
    with pytest.raises(TypeError, match="already borrowed"):
        proving.change(samples)


@linux
def test_kept_memory_shows_in_the_process() -> None:
    assert bytes_kept(lambda: proving.leak_memory(1_000_000)) == pytest.approx(1_000_000, rel=0.1)
    assert bytes_kept(lambda: proving.tone_moved(125_000)) < 50_000
