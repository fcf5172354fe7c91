# Written by `python stubs.py` from the Rust code.
# ruff: noqa: D200, D212, E501, I001, PYI021, PYI029, RUF022, RUF100
# fmt: off
from _typeshed import SupportsGetItem
from typing import final

__all__ = ["Match", "Matches", "Terms"]

@final
class Match:
    """
    A term in a text.

    Attributes:
        term: Which of the terms, counted from 0.
        start: Its first character in the text.
        end: The character behind its last one.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...
    def __str__(self, /) -> str: ...
    @property
    def end(self, /) -> int: ...
    @property
    def start(self, /) -> int: ...
    @property
    def term(self, /) -> int: ...

@final
class Matches:
    """
    Matches, one at a time.

    The crate's `FindIter<'a, 'h>` borrows the terms and the text. A class can't borrow, so this one owns a reference to
    each, and how far it is; a search goes on from there.
    """
    def __iter__(self, /) -> Matches: ...
    def __next__(self, /) -> Match: ...

@final
class Terms:
    """
    Terms to look for in texts, all at once.

    Args:
        terms: What to look for.
        prefer: Which match is taken where several overlap. Of those that begin first, `longest` is the longest, and
            `first` the first in the list; `any` is the one that ends first.
        ignore_case: Take `a` to `z` for `A` to `Z`; other letters keep their case.

    Raises:
        ValueError: If a term is empty, `prefer` is something else, or the terms need more states than there are.
    """
    def __len__(self, /) -> int:
        """
        How many terms there are.
        """
    def __new__(cls, /, terms: SupportsGetItem[int, str], *, prefer: str = "longest", ignore_case: bool = False) -> Terms: ...
    def find(self, text: str, /) -> Matches:
        """
        Find matches one after the other, as they are asked for; none overlaps another.

        Args:
            text: Where to look.
        """
    def overlapping(self, text: str, /) -> list[Match]:
        """
        Find all matches, also those that overlap, in the order of their ends.

        Args:
            text: Where to look.

        Raises:
            ValueError: If `prefer` is not `any`.
        """
    def replace(self, text: str, replacements: SupportsGetItem[int, str], /) -> str:
        """
        Replace each match.

        Args:
            text: Where to look.
            replacements: As many texts as there are terms: each is for the term at its place.

        Raises:
            ValueError: If there are more replacements than terms, or fewer.
        """
