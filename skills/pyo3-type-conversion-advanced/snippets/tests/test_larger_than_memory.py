"""Mapped files, streams that are read and written batch by batch, and how much memory that takes."""

import gc
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from conversion_snippets._core import larger_than_memory

LoudnessMeter, Recording = larger_than_memory.LoudnessMeter, larger_than_memory.Recording

PEAK = """
from pathlib import Path
import numpy as np
from conversion_snippets._core import larger_than_memory

def peak() -> int:
    # `ru_maxrss` of a child begins with what its parent had.
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

{setup}
before = peak()
{work}
print(peak() - before)
"""


def samples(count: int = 1000) -> np.ndarray:
    return np.sin(np.arange(count, dtype=np.float32)).astype("<f4")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "recording.f32"
    samples().tofile(path)
    return path


def peak_kilobytes(work: str, setup: str = "") -> int:
    code = PEAK.format(setup=setup, work=work)
    return int(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, encoding="utf-8").stdout)


def test_a_mapped_file(path: Path) -> None:
    recording = Recording(path)
    assert len(recording) == 1000
    assert recording.peak() == np.abs(samples()).max()
    view = recording.samples(10, 20)
    assert view.tolist() == samples()[10:20].tolist()
    assert not view.flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        view[0] = 1
    with pytest.raises(IndexError, match="there are not so many samples"):
        recording.samples(0, 1001)
    with pytest.raises(IndexError, match="there are not so many samples"):
        recording.samples(20, 10)


def test_a_view_keeps_the_map(path: Path) -> None:
    view = Recording(path).samples(0, 1000)
    gc.collect()
    assert view.base is not None
    assert view.tolist() == samples().tolist()
    tail = view[990:]
    del view
    gc.collect()
    assert tail.tolist() == samples()[990:].tolist()


def test_sizes_that_do_not_fit(tmp_path: Path) -> None:
    path = tmp_path / "odd"
    path.write_bytes(b"12345")
    with pytest.raises(ValueError, match="does not consist of 32-bit floats"):
        Recording(path)
    path.write_bytes(b"")
    assert len(Recording(path)) == 0
    assert Recording(path).peak() == 0.0
    with pytest.raises(FileNotFoundError):
        Recording(tmp_path / "missing")


@pytest.mark.skipif(sys.platform == "win32", reason="a mapped file can't be changed on Windows")
def test_whoever_writes_to_the_file_changes_the_array(path: Path) -> None:
    recording = Recording(path)
    view = recording.samples(0, 1)
    with path.open("r+b") as file:
        file.write(np.float32(7).tobytes())
    assert view[0] == recording.peak() == 7.0


@pytest.mark.skipif(sys.platform == "win32", reason="there are no signals")
@pytest.mark.parametrize("mapped", ["larger_than_memory.Recording(path).peak()", "float(np.memmap(path, 'f4').max())"])
def test_shortening_a_mapped_file_ends_the_process(tmp_path: Path, mapped: str) -> None:
    path = tmp_path / "short"
    np.zeros(100_000, "f4").tofile(path)
    reading = mapped.replace("path", repr(str(path)))
    opened = reading.removesuffix(".peak()").removesuffix(".max())").removeprefix("float(")
    last = ".peak()" if "Recording" in mapped else ".max()"
    code = (
        "import os, numpy as np\nfrom conversion_snippets._core import larger_than_memory\n"
        f"mapped = {opened}\nos.truncate({str(path)!r}, 0)\nmapped{last}"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True)
    assert done.returncode == -7  # SIGBUS


def test_windows_of_a_file(path: Path) -> None:
    reader = pa.RecordBatchReader.from_stream(larger_than_memory.windows(path, batch_rows=300))
    parts = [batch["sample"].to_numpy() for batch in reader]
    assert [len(part) for part in parts] == [300, 300, 300, 100]
    assert np.array_equal(np.concatenate(parts), samples())
    for rows in (0, 2**63):
        with pytest.raises((ValueError, OverflowError)):
            larger_than_memory.windows(path, batch_rows=rows)


def test_a_batch_in_and_a_batch_out(path: Path) -> None:
    asked = []

    def batches() -> Iterator[pa.RecordBatch]:
        for number in range(3):
            asked.append(number)
            yield pa.record_batch({"sample": pa.array([float(number)], pa.float32())})

    schema = pa.schema({"sample": pa.float32()})
    louder = larger_than_memory.amplify(pa.RecordBatchReader.from_batches(schema, batches()), 2.0)
    assert asked == []
    reader = pa.RecordBatchReader.from_stream(louder)
    assert reader.read_next_batch().to_pydict() == {"sample": [0.0]}
    assert asked == [0]
    assert reader.read_all().to_pydict() == {"sample": [2.0, 4.0]}
    with pytest.raises(ValueError, match="one column of 32-bit floats"):
        larger_than_memory.amplify(pa.table({"sample": [1.0]}), 2.0)


def test_a_full_queue_makes_the_caller_wait() -> None:
    meter = LoudnessMeter(waiting=2)
    for _ in range(50):
        meter.push(np.full(1000, 2, np.float32))
    assert meter.close() == 4.0
    with pytest.raises(ValueError, match="the meter is closed"):
        meter.push(np.zeros(1, np.float32))
    with pytest.raises(ValueError, match="the meter is closed"):
        meter.close()
    assert LoudnessMeter().close() is None


def test_other_threads_run_while_one_waits() -> None:
    meter = LoudnessMeter(waiting=1)
    ticks = []
    done = threading.Event()

    def tick() -> None:
        while not done.is_set():
            ticks.append(1)
            time.sleep(0.001)

    thread = threading.Thread(target=tick)
    thread.start()
    block = np.ones(500_000, np.float32)
    for _ in range(10):
        meter.push(block)
    assert meter.close() == 1.0
    done.set()
    thread.join()
    assert len(ticks) > 3


def test_an_iterator_of_blocks() -> None:
    assert larger_than_memory.peak_of(np.full(3, -number, np.float32) for number in range(5)) == 4.0
    assert larger_than_memory.peak_of([]) == 0.0
    with pytest.raises(TypeError):
        larger_than_memory.peak_of([np.zeros(3)])
    with pytest.raises(TypeError, match="not iterable"):
        larger_than_memory.peak_of(3)


@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
def test_memory_stays_the_same(tmp_path: Path) -> None:
    path = tmp_path / "long.f32"
    with path.open("wb") as file:
        for _ in range(16):
            file.write(samples(1_000_000).tobytes())
    assert path.stat().st_size == 64_000_000
    setup = f"path = {str(path)!r}\nlarger_than_memory.peak_of([np.zeros(1, 'f4')])"
    blocks = "(np.ones(250_000, 'f4') for _ in range(64))"
    assert peak_kilobytes(f"larger_than_memory.peak_of({blocks})", setup) < 8_000
    assert peak_kilobytes(f"larger_than_memory.peak_of(list({blocks}))", setup) > 50_000
    meter = f"meter = larger_than_memory.LoudnessMeter()\nfor block in {blocks}: meter.push(block)\nmeter.close()"
    assert peak_kilobytes(meter, setup) < 20_000
    stream = (
        "import pyarrow as pa\nstream = larger_than_memory.amplify(larger_than_memory.windows(path), 2.0)\n"
        "for batch in pa.RecordBatchReader.from_stream(stream): pass"
    )
    assert peak_kilobytes(stream, f"{setup}\nimport pyarrow") < 12_000
    assert peak_kilobytes("larger_than_memory.Recording(path).peak()", setup) > 50_000


@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
def test_ru_maxrss_begins_with_the_parent_s() -> None:
    child = (
        "import resource\nfrom pathlib import Path\n"
        "status = Path('/proc/self/status').read_text()\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, status.partition('VmHWM:')[2].split()[0])"
    )
    run = f"subprocess.run([sys.executable, '-c', {child!r}])"
    parent = f"import subprocess, sys\ndata = bytearray(b'1' * 100_000_000)\n{run}"
    done = subprocess.run([sys.executable, "-c", parent], check=True, capture_output=True, encoding="utf-8")
    inherited, own = map(int, done.stdout.split())
    assert inherited > 95_000
    assert own < 50_000
