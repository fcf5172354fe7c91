# /// script
# requires-python = ">=3.11"
# dependencies = ["pyo3-new"]
#
# [tool.uv.sources]
# pyo3-new = { path = "../../..", editable = true }
# ///
"""Turn Python types or a JSON sample into Rust types that PyO3 converts."""

from scaffolder import toolkit
from scaffolder.tools.type_converter.app import app

if __name__ == "__main__":
    toolkit.main(app, "type_converter")
