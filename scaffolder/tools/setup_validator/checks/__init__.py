"""The checks, in the order in which they are made."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from scaffolder.tools.setup_validator.check import Check, FitCheck, MachineCheck, ProjectCheck
from scaffolder.tools.setup_validator.checks import (
    builds,
    features,
    machine,
    manifests,
    names,
    pythons,
    uv,
    wheel,
    workflows,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

MODULES = (machine, names, manifests, features, pythons, uv, builds, wheel, workflows)
Family = TypeVar("Family", bound=Check)


def checks_of(family: type[Family]) -> Iterator[type[Family]]:
    """Yield the checks of a family."""
    for module in MODULES:
        for each in vars(module).values():
            if isinstance(each, type) and issubclass(each, family) and each.__module__ == module.__name__:
                yield each


MACHINE_CHECKS = tuple(checks_of(MachineCheck))
FIT_CHECKS = tuple(checks_of(FitCheck))
PROJECT_CHECKS = tuple(checks_of(ProjectCheck))
