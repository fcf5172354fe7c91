# /// script
# requires-python = ">=3.11"
# dependencies = ["pyo3-new"]
#
# [tool.uv.sources]
# pyo3-new = { path = "../../..", editable = true }
# ///
"""Check, build, inspect and run an extension for Pyodide."""

from scaffolder import toolkit
from scaffolder.tools.wasm_builder.app import app

if __name__ == "__main__":
    toolkit.main(app, "wasm_builder")
