"""The checks, in the order in which they run."""

from __future__ import annotations

from scaffolder.tools.setup_validator.check import Check
from scaffolder.tools.setup_validator.checks import (
    arrow,
    builds,
    classes,
    features,
    hosts,
    machine,
    manifests,
    names,
    pythons,
    security,
    speed,
    uv,
    wheel,
    workflows,
)

MODULES = (
    machine,
    names,
    manifests,
    arrow,
    features,
    pythons,
    security,
    uv,
    builds,
    classes,
    wheel,
    speed,
    hosts,
    workflows,
)
CHECKS: tuple[type[Check], ...] = tuple(
    value
    for module in MODULES
    for value in vars(module).values()
    if isinstance(value, type) and issubclass(value, Check) and value.__module__ == module.__name__
)
