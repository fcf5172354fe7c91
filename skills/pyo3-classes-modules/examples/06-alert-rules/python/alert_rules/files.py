"""Files of rules."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alert_rules._core import Rules, check
from alert_rules.errors import RuleError, RuleFileError

if TYPE_CHECKING:
    import os


def read_rules(path: str | os.PathLike[str]) -> Rules:
    """Read a file of rules.

    Args:
        path: The file, in UTF-8.

    Raises:
        RuleFileError: With all that is wrong with the file.
        RuleError: If the file can't be read as text; the cause says why.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RuleError(f"`{path}` can't be read") from error
    if errors := check(text):
        raise RuleFileError(f"`{path}` has wrong lines", errors)
    return Rules(text)
