"""
Text filters, and plugins that add more of them.
"""

from typing import Any, Final, final

__all__ = [
    "API_VERSION",
    "Plugin",
    "built_in",
    "run",
]

API_VERSION: Final[int]
"""
The version of the contract; a plugin writes the number that it was made for.
"""

@final
class Plugin:
    """
    A filter that keeps the contract.

    Args:
        name: What it is known by.
        code: An object with `api_version` and `apply(text)`.

    Raises:
        ContractError: If the object breaks the contract.
    """
    def __new__(cls, /, name: str, code: Any) -> Plugin: ...
    @property
    def name(self, /) -> str: ...

def built_in() -> list[Plugin]:
    """
    List the filters that are written in Rust.
    """

def run(text: str, plugins: list[Plugin]) -> tuple[str, list[tuple[str, Exception]]]:
    """
    Run a text through filters, one after the other; one that fails is skipped.

    Args:
        text: The text to filter.
        plugins: The filters.

    Returns:
        The filtered text, and the name and exception of each filter that failed.

    Raises:
        BaseException: What no plugin may swallow, such as KeyboardInterrupt, SystemExit and MemoryError.
    """
