"""Settings of the benchmarks."""

import pytest
from near_duplicates import _core


# region: release
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse to measure a debug build: its figures say nothing about the wheel."""
    if items and _core.BUILD_PROFILE == "debug":
        pytest.exit("this is a debug build, see the README for how to measure", returncode=4)


# endregion: release
