"""The command `photo-filters`."""

import argparse
import sys
from pathlib import Path

from photo_filters import FILTERS, Photo, PhotoError


def filter_argument(text: str) -> tuple[str, float | None]:
    """Read `blur` or `blur=6`."""
    name, _, amount = text.partition("=")
    return name, float(amount) if amount else None


def main(arguments: list[str] | None = None) -> int:
    """Filter a file, and return the exit code."""
    parser = argparse.ArgumentParser("photo-filters", description="Filter a photo: PNG in, PNG out.")
    parser.add_argument("source", type=Path, metavar="IN.png")
    parser.add_argument("target", type=Path, metavar="OUT.png")
    names = ", ".join(f"{name} ({least:g} to {most:g})" for name, (least, most, _) in FILTERS.items())
    parser.add_argument(
        "-f", "--filter", action="append", default=[], type=filter_argument, metavar="NAME[=AMOUNT]", dest="filters",
        help=f"repeatable, applied in this order: {names}",
    )  # fmt: skip
    options = parser.parse_args(arguments)
    try:
        photo = Photo.from_png(options.source.read_bytes())
        for name, amount in options.filters:
            photo = photo.apply(name, amount)
        options.target.write_bytes(photo.to_png())
    except (OSError, PhotoError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
