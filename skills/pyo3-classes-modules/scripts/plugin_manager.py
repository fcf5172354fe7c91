# /// script
# requires-python = ">=3.11"
# dependencies = ["pyo3-new"]
#
# [tool.uv.sources]
# pyo3-new = { path = "../../..", editable = true }
# ///
"""List, verify, run and reload the plugins of a host."""

from scaffolder import toolkit
from scaffolder.tools.plugin_manager.app import app

if __name__ == "__main__":
    toolkit.main(app, "plugin_manager")
