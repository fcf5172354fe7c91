"""The sandbox: a script gets no files, no network, one function, and as much time and memory as it may have."""

import threading
from pathlib import Path

import wasmtime
from wasmtime import component

from component._core import edit_distance
from component.errors import ScriptError


class Script:
    """A compiled script, which may be called any number of times; no call sees anything of another.

    Calls from several threads take turns: the clock that stops a script belongs to all that runs in its engine.
    """

    def __init__(self, path: Path) -> None:
        """Compile a component; the result is kept in Wasmtime's cache.

        Args:
            path: What `script/build.py` made of a script.

        Raises:
            ScriptError: If it is not a component.
        """
        config = wasmtime.Config()
        config.cache = True
        config.epoch_interruption = True
        self._engine = wasmtime.Engine(config)
        self._turn = threading.Lock()
        try:
            self._component = component.Component.from_file(self._engine, str(path))
        except wasmtime.WasmtimeError as error:
            raise ScriptError(f"`{path}` is not a component") from error

    def correct(self, text: str, words: list[str], *, seconds: float = 5.0, megabytes: int = 256) -> str:
        """Let the script replace each word that is nearly one of those that are known.

        Args:
            text: The text to correct.
            words: The words that are known.
            seconds: How long it may take.
            megabytes: How much memory it may have.

        Raises:
            ScriptError: If the script fails, or takes more than it may.
        """
        store = wasmtime.Store(self._engine)
        store.set_wasi(wasmtime.WasiConfig())
        store.set_limits(memory_size=megabytes << 20)
        linker = component.Linker(self._engine)
        linker.add_wasip2()
        with linker.root() as root:
            root.add_func("edit-distance", lambda _, left, right: edit_distance(left, right))
        with self._turn:
            return self._call(store, linker, text, words, seconds)

    def _call(
        self, store: wasmtime.Store, linker: component.Linker, text: str, words: list[str], seconds: float
    ) -> str:
        store.set_epoch_deadline(1)
        timer = threading.Timer(seconds, self._engine.increment_epoch)
        timer.start()
        try:
            instance = linker.instantiate(store, self._component)
            function = instance.get_func(store, "correct")
            if function is None:
                raise ScriptError("the script has no `correct`")
            return str(function(store, text, words))
        except (wasmtime.WasmtimeError, wasmtime.Trap) as error:
            raise ScriptError(f"the script failed: {str(error).splitlines()[0]}") from error
        finally:
            timer.cancel()
            # It may be about to fire, and would stop the next call.
            timer.join()
