# /// script
# requires-python = ">=3.11"
# dependencies = ["pyo3-new"]
#
# [tool.uv.sources]
# pyo3-new = { path = "../../..", editable = true }
# ///
"""Await calls on an event loop: what blocks it, and whether they can be cancelled."""

from scaffolder import toolkit
from scaffolder.tools.async_profiler.app import app

if __name__ == "__main__":
    toolkit.main(app, "async_profiler")
