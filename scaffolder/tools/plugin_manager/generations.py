"""A plugin that is reloaded while its host runs: each version of its code is a generation, in a process of its own.

An extension module stays in a process until that ends, so a new version needs a new process. When the plugin is to be
reloaded, these steps follow one another, and the old generation answers calls until the fourth:

1. A new process imports the new code and creates the plugin.
2. The old generation hands over its state, as pickle takes it: what `__getstate__` returns, or the object's `__dict__`.
   A class of an extension without `__getstate__` has none.
3. The new generation gets it by `__setstate__`, or into its `__dict__`.
4. The new generation takes the place of the old one, whose process ends.

What fails in the first three leaves the old generation as it was.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from scaffolder.files import Snapshot, take_snapshot
from scaffolder.machine.children import ChildError, CrashedError, HangsError
from scaffolder.tools.plugin_manager.running import ask, begin, load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from scaffolder.machine.children import Child
    from scaffolder.machine.entry_points import Plugin
    from scaffolder.machine.environment import Environment

INTERVAL = 0.2


@dataclass(frozen=True)
class Reload:
    """An attempt to reload a plugin.

    Attributes:
        generation: The number of the generation that answers now.
        seconds: How long it took.
        state: `kept`; `none`, if the plugin has none; or `lost`, since the last reload, if the old process had ended.
        failure: Why the old generation still answers.
    """

    generation: int
    seconds: float
    state: str = "kept"
    failure: ChildError | None = None


class HotPlugin:
    """A plugin in a child process, with its methods; any thread may call them while another one reloads it.

    Args:
        environment: Where it is installed.
        create: Whether a class is called without arguments.
        show: What takes the plugin's output.

    Attributes:
        generation: The number of the generation that answers, from 1.
        places: The folders and files that its code is in.
        files: The files there, as they were when it was last loaded.
    """

    def __init__(
        self, environment: Environment, plugin: Plugin, timeout: float = 60, *, create: bool = True,
        show: Callable[[bytes], None] | None = None,
    ) -> None:  # fmt: skip
        self.environment = environment
        self.plugin = plugin
        self.timeout = timeout
        self.create = create
        self.show = show
        self.generation = 0
        self.places: tuple[Path, ...] = ()
        self.files: Snapshot = {}
        self._child: Child | None = None
        self._state: str | None = None
        self._turn = threading.Lock()

    def __enter__(self) -> Self:
        """Start the first generation."""
        if failure := self.reload().failure:
            raise failure
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        child, self._child = self._child, None
        if child:
            child.close()

    def call(self, method: str, *arguments: Any, **keywords: Any) -> dict[str, Any]:
        """Call a method in the generation that is there.

        Returns:
            `value`, if the result is JSON, its `type`, the `result` as Python shows it, and the `seconds` that it took.

        Raises:
            ChildError: It raised an exception, ended its process, or hangs.
            UsageError: There is no such method.
        """
        with self._turn:
            if self._child is None:
                raise ChildError("is not loaded")
            call = {"method": method, "arguments": arguments, "keywords": keywords}
            return ask(self._child, self.plugin, call, self.timeout)

    def look(self) -> Snapshot:
        """Return the state of the files that the plugin's code is in."""
        return take_snapshot(self.places, (".py", *self.environment.suffixes))

    def reload(self) -> Reload:
        """Start a new generation; if it fails, the old one stays."""
        start, old, self.files = time.monotonic(), self._child, self.look()
        successor = begin(self.environment, self.show)
        try:
            loaded = load(successor, self.plugin, self.timeout, create=self.create, fresh=True)
            with self._turn:
                state = self._hand_over(successor)
                self._child = successor
        except ChildError as error:
            successor.close()
            return Reload(self.generation, time.monotonic() - start, failure=error)
        except BaseException:
            successor.close()
            raise
        self.generation += 1
        self.places = tuple(map(Path, loaded["files"]))
        self.files = self.files or self.look()
        if old:
            old.close()
        return Reload(self.generation, time.monotonic() - start, state)

    def _hand_over(self, successor: Child) -> str:
        """Give a new generation the state of the old one, and return what became of it."""
        if self._child is None:
            return "none"
        became = "kept"
        try:
            answer = self._child.ask("save", self.timeout)
            self._state = answer["state"]
            became = "kept" if answer["keeps"] else "none"
        except (CrashedError, HangsError):
            became = "lost"
        if self._state is not None:
            successor.ask("restore", self.timeout, state=self._state)
        return became


def watch(plugin: HotPlugin, stop: threading.Event, interval: float = INTERVAL) -> Iterator[Reload]:
    """Reload a plugin whenever its files change, and yield each attempt, until somebody stops it."""
    while not stop.wait(interval):
        now = plugin.look()
        # A file that is not there yet, or still grows, is not read: a linker takes its time.
        if now and now != plugin.files and not stop.wait(interval) and plugin.look() == now:
            yield plugin.reload()
