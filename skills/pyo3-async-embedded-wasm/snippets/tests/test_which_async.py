"""The chapter on the ways to join Rust and asyncio."""

from async_snippets._core import which_async


def test_the_module_is_there() -> None:
    assert which_async
