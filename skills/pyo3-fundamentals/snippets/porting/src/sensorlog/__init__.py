"""Means of what sensors measured."""

# region: backend
import os
from importlib.util import find_spec

from sensorlog import _python
from sensorlog.errors import ParseError

means = _python.means
BACKEND = "python"
# A library that is there but broken is an error; one that was not built is not.
if find_spec("sensorlog._core") and not os.environ.get("SENSORLOG_PURE_PYTHON"):
    from sensorlog import _core

    means = _core.means
    BACKEND = "rust"

__all__ = ["BACKEND", "ParseError", "means"]
# endregion: backend
