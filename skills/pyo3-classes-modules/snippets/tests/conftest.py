"""A second copy of the extension, as another package would have it."""

from __future__ import annotations

import shutil
import sys
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING

import classes_snippets
import pytest

if TYPE_CHECKING:
    from types import ModuleType


@pytest.fixture(scope="session")
def second_copy(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """Load a copy of the library as the extension of another package."""
    library = next(Path(classes_snippets.__file__).parent.glob("_core.*"))
    copy = shutil.copy(library, tmp_path_factory.mktemp("other") / library.name)
    loader = ExtensionFileLoader("other_package._core", str(copy))
    spec = spec_from_file_location("other_package._core", copy, loader=loader)
    assert spec is not None
    # A module registers its submodules by name, and those of the first copy are in use.
    registered = dict(sys.modules)
    module = module_from_spec(spec)
    loader.exec_module(module)
    sys.modules.update(registered)
    return module
