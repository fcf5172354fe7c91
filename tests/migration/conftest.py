"""What the tests of migrations share."""

from __future__ import annotations

import pytest

from tests.conftest import CACHE


@pytest.fixture
def shared_target() -> str:
    """Where cargo keeps what it has compiled, from one run to the next."""
    return str(CACHE / "migration/target")
