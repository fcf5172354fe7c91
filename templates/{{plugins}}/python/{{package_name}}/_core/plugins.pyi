"""
Text filters, plugins that add more of them, and pipelines that run them.
"""

from typing import Any, Final, final

from _typeshed import SupportsGetItem

__all__ = [
    "API_VERSION",
    "Pipeline",
    "Plugin",
    "Problem",
    "Reason",
    "built_in",
    "load",
]

API_VERSION: Final[int]
"""
The newest version of the contract; a plugin writes the number that it was made for.
"""

@final
class Pipeline:
    """
    Filters that run one after the other.

    Args:
        plugins: The filters, in the order in which they run.
    """
    def __len__(self, /) -> int: ...
    def __new__(cls, /, plugins: SupportsGetItem[int, Plugin]) -> Pipeline: ...
    def run(self, /, text: str) -> tuple[str, list[Problem]]:
        """
        Run a text through all filters.

        A filter that fails is skipped: the next one gets the text that the failed one got. Other
        Python threads run while the filters in Rust do.

        Args:
            text: The text to filter.

        Returns:
            The filtered text, and a report of each filter that was skipped.

        Raises:
            KeyboardInterrupt: If Ctrl-C reaches a plugin.
        """

@final
class Plugin:
    """
    A filter that keeps the contract, ready for a pipeline.

    `Registry` makes them.
    """
    def __repr__(self, /) -> str: ...
    @property
    def api_version(self, /) -> int:
        """
        The version of the contract that it was written for.
        """
    @property
    def distribution(self, /) -> str | None:
        """
        The installed distribution that it was found by; None if it is built in or registered.
        """
    @property
    def name(self, /) -> str:
        """
        The name that it is registered by.
        """

@final
class Problem:
    """
    The report of a plugin that was skipped.

    Attributes:
        plugin: The plugin's name.
        distribution: The installed distribution that it comes from, if it was found by one.
        reason: The step at which it failed.
        exception: What was raised, with its traceback.
    """
    def __new__(
        cls, /, plugin: str, distribution: str | None, reason: Reason, exception: BaseException
    ) -> Problem: ...
    def __repr__(self, /) -> str: ...
    @property
    def distribution(self, /) -> str | None: ...
    @property
    def exception(self, /) -> BaseException: ...
    @property
    def plugin(self, /) -> str: ...
    @property
    def reason(self, /) -> Reason: ...

@final
class Reason:
    """
    The step at which a plugin failed.
    """

    APPLY: Final[Reason]
    """
    `apply` raised an exception.
    """
    CONSTRUCTOR: Final[Reason]
    """
    Its class could not be called without arguments.
    """
    CONTRACT: Final[Reason]
    """
    It has no `apply` method.
    """
    DUPLICATE: Final[Reason]
    """
    Another filter has the name already.
    """
    IMPORT: Final[Reason]
    """
    Its module or its object could not be imported.
    """
    RESULT: Final[Reason]
    """
    `apply` returned something other than text.
    """
    VERSION: Final[Reason]
    """
    Its version of the contract is missing, too old or too new.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __int__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __repr__(self, /) -> str: ...

def built_in() -> list[Plugin]:
    """
    List the filters that are part of this package.

    Returns:
        The filters, in a fixed order.
    """

def load(name: str, distribution: str | None, find: Any) -> Plugin | Problem:
    """
    Load a plugin, and report what it does wrong instead of raising it.

    Args:
        name: The name to register it by.
        distribution: The installed distribution that it comes from.
        find: Called without arguments; returns the plugin's class or an instance.

    Returns:
        The plugin, or the report of the step that failed.

    Raises:
        KeyboardInterrupt: If Ctrl-C is pressed meanwhile.
    """
