"""Where users import the classes of the chapter on typing from."""

from classes_snippets._core import typing as _typing

__all__ = ["Leg", "Length", "Stack", "Unit"]

Leg = _typing.Leg
Length = _typing.Length
Stack = _typing.Stack
Unit = _typing.Unit
