# /// script
# requires-python = ">=3.11"
# dependencies = ["pyo3-new"]
#
# [tool.uv.sources]
# pyo3-new = { path = "../../..", editable = true }
# ///
"""Call a built module from many threads, and look in its Rust source for what goes wrong between them."""

from scaffolder import toolkit
from scaffolder.tools.thread_safety_checker.app import app

if __name__ == "__main__":
    toolkit.main(app, "thread_safety_checker")
