# region: facade
"""What users import. Where Rust keeps it is nobody else's business."""

from importlib import import_module
from types import ModuleType

from classes_snippets._core import module_tree as _tree

__all__ = ["Bed", "there_and_back", "tools"]

Bed = _tree.beds.Bed
there_and_back = _tree.paths.there_and_back
# endregion: facade


# region: lazy
def __getattr__(name: str) -> ModuleType:
    # Called once: the import sets the attribute.
    if name == "tools":
        return import_module(f"{__name__}.tools")
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)


# endregion: lazy


def __dir__() -> list[str]:
    return __all__
