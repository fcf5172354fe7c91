"""What a caller may rely on."""

import _thread
import copy
import gc
import gzip
import io
import pickle
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import reference
from fastq_reads import FastqError, Read, Reads
from hypothesis import given
from hypothesis import strategies as st

LETTERS = st.lists(
    st.tuples(st.sampled_from("ACGTN"), st.sampled_from([chr(code) for code in range(33, 127)])), max_size=8
)
NAMES = st.text(st.characters(exclude_characters="\n\r", exclude_categories=["Cs"]), max_size=8)
READS = st.lists(
    st.builds(
        lambda name, letters: Read(name, "".join(a for a, _ in letters), "".join(b for _, b in letters)), NAMES, LETTERS
    ),
    max_size=5,
)


def write(reads: list[Read], end: str = "\n") -> bytes:
    """Return the text of a file."""
    lines = (f"@{read.name}{end}{read.sequence}{end}+{end}{read.qualities}{end}" for read in reads)
    return "".join(lines).encode()


def numbered(count: int) -> list[Read]:
    return [Read(f"r{number}", "ACGT" * (number % 3), "I5+!" * (number % 3)) for number in range(count)]


# region: oracle
@given(READS, st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_what_is_written_is_read(reads: list[Read], end: str, zipped: bool) -> None:
    data = write(reads, end)
    assert list(Reads(io.BytesIO(gzip.compress(data) if zipped else data))) == reads


@given(st.lists(st.sampled_from([b"@a", b"@", b"+", b"+a", b"AC", b"II", b"", b"\xff", b"\r", b" "])).map(b"\n".join))
def test_both_know_what_is_no_fastq(data: bytes) -> None:
    try:
        list(Reads(io.BytesIO(data)))
    except FastqError:
        assert not reference.is_fastq(data)
    else:
        assert reference.is_fastq(data)


@given(LETTERS)
def test_both_have_the_same_mean_quality(letters: list[tuple[str, str]]) -> None:
    qualities = "".join(quality for _, quality in letters)
    read = Read("a", "".join(letter for letter, _ in letters), qualities)
    assert read.mean_quality == pytest.approx(reference.mean_quality(qualities))


@given(LETTERS, st.slices(8))
def test_a_read_is_cut_as_text_is(letters: list[tuple[str, str]], part: slice) -> None:
    sequence, qualities = ("".join(text) for text in zip(*letters, strict=True)) if letters else ("", "")
    read = Read("a", sequence, qualities)
    assert len(read) == len(sequence)
    assert read[part] == Read("a", sequence[part], qualities[part])


# endregion: oracle


@pytest.fixture(params=["reads.fastq", "reads.fastq.gz"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return a file of a thousand reads; if it is compressed, in two members, as bgzip does it."""
    path = tmp_path / str(request.param)
    data = write(numbered(1000))
    path.write_bytes(gzip.compress(data[:5000]) + gzip.compress(data[5000:]) if path.suffix == ".gz" else data)
    return path


def test_both_read_the_same_file(path: Path) -> None:
    assert [(read.name, read.sequence, read.qualities) for read in Reads(path)] == list(reference.read_fastq(path))


# region: sources
def test_a_path_or_a_file_will_do(path: Path) -> None:
    with path.open("rb") as file:
        assert list(Reads(path)) == list(Reads(str(path))) == list(Reads(file)) == numbered(1000)
        assert not file.closed


class Slow(io.BytesIO):
    """A file that gives one byte at a time, as a pipe may."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(1)


def test_a_file_may_give_less_than_asked_for() -> None:
    assert list(Reads(Slow(gzip.compress(write(numbered(9)))))) == numbered(9)


def test_what_a_file_raises_is_raised() -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(size) if self.tell() == 0 else 1 // 0  # type: ignore[return-value]

    reads = Reads(Broken(write(numbered(10_000))))
    with pytest.raises(ZeroDivisionError):
        list(reads)
    assert reads.closed
    assert list(reads) == []


# endregion: sources


def test_what_can_not_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as raised:
        Reads(tmp_path / "none.fastq")
    assert raised.value.filename == str(tmp_path / "none.fastq")
    # The second is what Windows calls it.
    with pytest.raises((IsADirectoryError, PermissionError)):
        Reads(tmp_path)
    with pytest.raises(TypeError, match="must be open in binary mode"):
        Reads(io.StringIO("@a"))  # type: ignore[arg-type]
    with pytest.raises(AttributeError, match="read"):
        Reads(5)  # type: ignore[arg-type]

    class Greedy:
        def read(self, size: int, /) -> bytes:
            return bytes(size + 1)

    with pytest.raises(ValueError, match="more bytes than it was asked for"):
        Reads(Greedy())


def test_a_torn_archive_is_an_error(path: Path) -> None:
    data = gzip.compress(write(numbered(1000)))
    reads = Reads(io.BytesIO(data[:-100]))
    with pytest.raises(OSError):  # noqa: PT011
        list(reads)


# region: errors
def test_an_error_has_its_place_and_comes_after_the_reads_before_it() -> None:
    data = write(numbered(5)) + b"@bad\nACGT\n+\nII\n" + write(numbered(1))
    batches = Reads(io.BytesIO(data)).batches(3)
    assert [len(next(batches)), len(next(batches))] == [3, 2]
    with pytest.raises(
        FastqError, match=r"^record 6, line 24: there must be as many qualities as letters, 4, not 2$"
    ) as raised:
        next(batches)
    assert (raised.value.record, raised.value.line) == (6, 24)
    # As a generator, it is over after an exception.
    assert list(batches) == []
    twin = pickle.loads(pickle.dumps(raised.value))  # noqa: S301
    assert (str(twin), twin.record, twin.line) == (str(raised.value), 6, 24)
    assert isinstance(twin, ValueError)


# endregion: errors


# region: adapters
def test_filters_are_lazy_and_add_up() -> None:
    reads = [Read("short", "A", "I"), Read("bad", "ACGT", "++++"), Read("good", "ACGT", "IIII")]
    assert list(Reads(io.BytesIO(write(reads))).filter(min_length=2)) == reads[1:]
    assert list(Reads(io.BytesIO(write(reads))).filter(min_quality=20)) == [reads[0], reads[2]]
    source = Reads(io.BytesIO(write(reads)))
    assert list(source.filter(min_quality=20).filter(min_length=2)) == reads[2:]
    assert source.closed


def test_what_one_iterator_took_is_gone_for_the_others() -> None:
    reads = Reads(io.BytesIO(write(numbered(10))))
    assert next(reads).name == "r0"
    assert next(reads.filter(min_length=4)).name == "r1"
    assert [read.name for read in next(reads.batches(3))] == ["r2", "r3", "r4"]
    assert [read.name for read in reads] == ["r5", "r6", "r7", "r8", "r9"]


@pytest.mark.parametrize("size", [1, 3, 10, 11])
def test_only_the_last_batch_is_smaller(size: int) -> None:
    reads = numbered(10)
    batches = list(Reads(io.BytesIO(write(reads))).batches(size))
    assert batches == [reads[start : start + size] for start in range(0, 10, size)]


# endregion: adapters


def test_arguments_have_their_ranges() -> None:
    reads = Reads(io.BytesIO())
    with pytest.raises(ValueError, match="a batch has at least one read, not 0"):
        reads.batches(0)
    with pytest.raises(OverflowError):
        reads.batches(-1)
    with pytest.raises(ValueError, match="not NaN"):
        reads.filter(min_quality=float("nan"))
    with pytest.raises(TypeError):
        reads.filter(3)  # type: ignore[call-arg]


# region: close
def test_with_closes_what_it_opened(path: Path) -> None:
    with Reads(path) as reads:
        next(reads)
        assert not reads.closed
    assert reads.closed
    assert list(reads) == list(reads.batches(2)) == []
    reads.close()


def test_a_file_object_is_given_back() -> None:
    file = io.BytesIO(write(numbered(3)))
    gone = weakref.ref(file)
    with Reads(file) as reads:
        next(reads)
    assert not file.closed
    del file
    assert gone() is None
    assert reads.closed


# endregion: close


# region: threads
def test_each_read_goes_to_one_thread(path: Path) -> None:
    class Lazy(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            time.sleep(0)
            return super().read(97)

    for source in (path, Lazy(path.read_bytes())):
        reads = Reads(source)
        shares: list[list[Read]] = [[] for _ in range(4)]
        threads = [threading.Thread(target=share.extend, args=[reads]) for share in shares]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        names = [[int(read.name[1:]) for read in share] for share in shares]
        assert sorted(number for share in names for number in share) == list(range(1000))
        assert all(share == sorted(share) for share in names)


def test_a_file_that_reads_from_its_reader_is_refused() -> None:
    class Loop(io.BytesIO):
        reads: Iterator[Read]

        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell():
                next(self.reads)
            return super().read(2)

    file = Loop(write(numbered(3)))
    file.reads = Reads(file)
    with pytest.raises(RuntimeError, match="the file is being read already"):
        next(file.reads)


# endregion: threads


def test_other_threads_run_while_one_waits_for_data() -> None:
    go = threading.Event()

    class Waiting(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            assert go.wait(30)
            return super().read(size)

    def start() -> None:
        result.extend(Reads(Waiting(write(numbered(3)))))

    result: list[Read] = []
    thread = threading.Thread(target=start)
    thread.start()
    assert thread.is_alive()
    go.set()
    thread.join()
    assert result == numbered(3)


@pytest.mark.skipif(sys.platform == "win32", reason="there Ctrl-C comes to the whole console")
def test_ctrl_c_ends_a_search_that_finds_nothing() -> None:
    class Endless:
        def read(self, size: int, /) -> bytes:
            return b"@a\nA\n+\nI\n" * (size // 9) if size > 8 else b"@a"[:size]

    # The first two bytes are read apart, to see whether it is gzip.
    class Shifted(Endless):
        start = b"@a\nA\n+\nI\n"

        def read(self, size: int, /) -> bytes:
            data = self.start[:size]
            self.start = self.start[size:]
            return data or super().read(size)

    timer = threading.Timer(0.3, _thread.interrupt_main)
    with pytest.raises(KeyboardInterrupt):  # noqa: PT012
        timer.start()
        next(Reads(Shifted()).filter(min_length=2))
    timer.join()


# region: collect
@pytest.mark.parametrize("adapter", [lambda reads: reads, lambda reads: reads.filter(), lambda reads: reads.batches(2)])
def test_a_cycle_through_a_file_is_collected(adapter: Any) -> None:
    class File(io.BytesIO):
        reads: object

    file = File(write(numbered(3)))
    file.reads = adapter(Reads(file))
    gone = weakref.ref(file)
    del file
    gc.collect()
    assert gone() is None


# endregion: collect


# region: memory
def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "large.fastq"
    with path.open("wb") as file:
        for _ in range(25):
            file.write(write([Read("a" * 50, "ACGT" * 25, "IIII" * 25)] * 4000))
    program = (
        "import resource, sys; from fastq_reads import Reads\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "before = peak(); count = sum(1 for _ in Reads(sys.argv[1])); print(count, peak() - before)"
    )
    command = [sys.executable, "-c", program, str(path)]
    if sys.platform == "linux":
        count, grown = map(int, subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())
        assert count == 100_000
        assert path.stat().st_size > 25_000_000
        assert grown < 4_000  # KiB
    else:
        assert sum(1 for _ in Reads(path)) == 100_000


# endregion: memory


def test_reads_are_values() -> None:
    read = Read("né 1", "ACGT", "!5I~")
    for twin in (copy.copy(read), pickle.loads(pickle.dumps(read))):  # noqa: S301
        assert twin == read
        assert hash(twin) == hash(read)
    assert repr(read) == "<Read 'né 1' of 4 letters>"
    match read:
        case Read(name, sequence):
            assert (name, sequence) == ("né 1", "ACGT")
    with pytest.raises(TypeError, match="has parts"):
        read[0]  # type: ignore[index]
    for arguments in [("a", "A", ""), ("a", "5", "!"), ("a", "A", " "), ("a", "Ä", "!!"), ("a\nA", "A", "!")]:
        with pytest.raises(ValueError, match=r"qualities|letters|quality|single line"):
            Read(*arguments)
