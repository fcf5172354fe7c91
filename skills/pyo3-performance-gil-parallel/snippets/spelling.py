"""Correct the spelling of a text: a program to profile, in which Python and Rust both have their share."""

from __future__ import annotations

import sys

from performance_snippets._core import profiling

LETTERS = "etaoinshrdlucmfw"


def make_words(count: int) -> list[str]:
    """Return words that differ."""
    return ["".join(LETTERS[number >> shift & 15] for shift in (0, 4, 8, 12)) * 2 for number in range(count)]


def read_typos(text: str) -> list[str]:
    """Return what is to be corrected, as the program reads it."""
    return [word.strip(".,;").lower() for line in text.splitlines() for word in line.split(" ") if word]


def correct(typos: list[str], words: list[str]) -> list[str | None]:
    """Look each typo up in the list."""
    return [profiling.nearest(typo, words) for typo in typos]


def correct_with_dictionary(typos: list[str], words: list[str]) -> list[str | None]:
    """Hand the list over once."""
    dictionary = profiling.Dictionary(words)
    return [dictionary.nearest(typo) for typo in typos]


def main(rounds: int, way: str) -> None:
    """Correct a text several times."""
    words = make_words(20_000)
    typos = read_typos("Etaetx, taettaet; Oinoin hshshshs.\n" * rounds)
    (correct_with_dictionary if way == "dictionary" else correct)(typos, words)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "list")
