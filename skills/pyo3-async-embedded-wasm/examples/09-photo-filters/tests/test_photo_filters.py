"""The filters, files and threads, from Python."""

import array
import zlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from photo_filters import FILTERS, Photo, PhotoError

WIDTH, HEIGHT = 12, 8


@pytest.fixture
def photo() -> Photo:
    pixels = bytearray()
    for place in range(WIDTH * HEIGHT):
        pixels += bytes([place * 2, place * place % 256, 255 - place, 200])
    return Photo(WIDTH, HEIGHT, pixels)


def test_a_file_gives_back_the_photo(photo: Photo) -> None:
    file = photo.to_png()
    assert file.startswith(b"\x89PNG\r\n")
    assert Photo.from_png(file) == photo
    assert (photo.width, photo.height) == (WIDTH, HEIGHT)
    assert repr(photo) == "<Photo 12 x 8>"


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_makes_another_photo(name: str, photo: Photo) -> None:
    before = photo.pixels()
    filtered = photo.apply(name)
    assert filtered != photo
    assert photo.pixels() == before
    assert photo.apply(name, FILTERS[name].usual) == filtered
    assert photo.apply(name, 0) == photo


def test_black_and_white_has_no_colours(photo: Photo) -> None:
    pixels = photo.apply("black-and-white").pixels()
    assert pixels[0::4] == pixels[1::4] == pixels[2::4]


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, lambda data: array.array("B", data)])
def test_pixels_come_from_any_buffer(kind: type, photo: Photo) -> None:
    assert Photo(WIDTH, HEIGHT, kind(photo.pixels())) == photo


@pytest.mark.parametrize(
    ("name", "amount", "message"),
    [
        ("glow", None, 'there is no filter "glow"'),
        ("blur", 51, "blur takes an amount from 0 to 50, not 51"),
        ("contrast", float("nan"), "contrast takes an amount from -1 to 1, not NaN"),
    ],
)
def test_wrong_filters_are_refused(name: str, amount: float | None, message: str, photo: Photo) -> None:
    with pytest.raises(ValueError, match="^" + message):
        photo.apply(name, amount)


def test_a_wrong_number_of_pixels_is_refused() -> None:
    with pytest.raises(ValueError, match="2 x 2 pixels have 16 bytes, not 15"):
        Photo(2, 2, bytes(15))
    with pytest.raises(PhotoError, match="100 million pixels"):
        Photo(10_000, 10_000, b"")
    with pytest.raises((TypeError, BufferError)):
        Photo(1, 1, array.array("f", [1.0]))


def chunk(kind: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(kind + data)
    return len(data).to_bytes(4, "big") + kind + data + checksum.to_bytes(4, "big")


@pytest.mark.parametrize("file", [b"", b"GIF89a", b"\x89PNG\r\n\x1a\n"])
def test_other_files_are_refused(file: bytes) -> None:
    with pytest.raises(PhotoError, match="the PNG file can't be read"):
        Photo.from_png(file)


def test_a_small_file_with_a_huge_photo_is_refused() -> None:
    size = (60_000).to_bytes(4, "big")
    header = chunk(b"IHDR", size + size + bytes([8, 6, 0, 0, 0]))
    data = chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")
    with pytest.raises(PhotoError, match="3600 million pixels, and 40 million is the limit"):
        Photo.from_png(b"\x89PNG\r\n\x1a\n" + header + data)


def test_threads_share_a_photo(photo: Photo) -> None:
    expected = photo.apply("blur").apply("sharpen")
    with ThreadPoolExecutor(4) as pool:
        results = pool.map(lambda _: photo.apply("blur").apply("sharpen"), range(20))
        assert all(result == expected for result in results)
