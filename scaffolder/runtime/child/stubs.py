"""Compare stubs with the modules they describe, by stubtest."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType


# What PyO3 writes for a default that it can't print.
UNKNOWN_DEFAULT = "has a default value of Ellipsis, which is different from"


class StubError(Exception):
    """The stubs can't be compared."""


def compare_stubs(stubs: list[str], natives: dict[str, ModuleType]) -> Iterator[tuple[str, str]]:
    """Yield what differs: its name, and how.

    Raises:
        ImportError: There is no mypy for this Python.
        StubError: mypy can't read the stubs.
    """
    from mypy import options, stubtest

    for name, module in natives.items():
        # What an extension makes is no file, so only this makes it importable by its name.
        sys.modules.setdefault(name, module)
    settings = options.Options()
    settings.incremental = False
    # Types that do not fit each other are the type checker's business.
    settings.ignore_errors = True
    try:
        for name in stubtest.build_stubs(list(dict.fromkeys([*stubs, *natives])), settings):
            if stubtest.get_stub(name) is not None:
                for error in stubtest.test_module(name):
                    # A list that PyO3 makes in every module, and a decorator that is younger than most stubs.
                    is_list = error.object_path[-1] == "__all__" and error.is_missing_stub()
                    is_new = getattr(error, "is_disjoint_base_related", bool)()
                    if not (is_list or is_new or UNKNOWN_DEFAULT in error.message):
                        yield error.object_desc, error.message
    except stubtest.StubtestFailure as error:
        raise StubError(str(error)) from error
