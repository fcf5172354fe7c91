"""An enum of Python's, which Rust takes and returns."""

from enum import Enum


class Ward(Enum):
    """Where a patient lies."""

    SURGERY = "surgery"
    MATERNITY = "maternity"
