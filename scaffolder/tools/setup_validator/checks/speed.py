"""Checks of what makes a library fast, on other machines, too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.tools.setup_validator.check import Check, Failure, Section

if TYPE_CHECKING:
    from pathlib import Path

    from scaffolder.anatomy.project import Project

CHAPTERS = "pyo3-performance-gil-parallel"
# Allocators, and the feature that compiles each for libraries.
FOR_LIBRARIES = {
    "jemallocator": "disable_initial_exec_tls",
    "mimalloc": "local_dynamic_tls",
    "tikv-jemallocator": "disable_initial_exec_tls",
}


class AllocatorForLibraries(Check):
    """An allocator is compiled for a library, which gets its thread-local memory after the program's start."""

    id = "allocator-for-libraries"
    level = "warning"
    see = Section("allocators", "static-tls", CHAPTERS)
    fix = """
    Switch the feature on; without it Linux can load few such libraries into a process
    $crate = { version = "$version", features = ["$feature"] }
    """

    @staticmethod
    def check(dynamic_library: Project) -> Failure | None:
        crates = (dynamic_library.crate.dependency(name) for name in FOR_LIBRARIES)
        wrong = [crate for crate in crates if crate and FOR_LIBRARIES[crate.name] not in crate.features]
        if not wrong:
            return None
        return Failure(
            f"`{wrong[0].name}` is compiled for programs: an import may fail with `cannot allocate memory in static "
            "TLS block`",
            where=dynamic_library.show(dynamic_library.crate.path),
            words={"crate": wrong[0].key, "version": wrong[0].requirement, "feature": FOR_LIBRARIES[wrong[0].name]},
        )


class AnyProcessor(Check):
    """The project is not built for the processor of the machine that builds it."""

    id = "any-processor"
    level = "warning"
    see = Section("builds", "newer-instructions", CHAPTERS)
    fix = """
    Leave it out, and set it where it is meant, for one build
    RUSTFLAGS="-C target-cpu=native" maturin develop --release
    """

    @staticmethod
    def check(extension: Project, rustflags: dict[Path, tuple[str, ...]]) -> Failure | None:
        native = [path for path, flags in rustflags.items() if "target-cpu=native" in " ".join(flags)]
        if not native:
            return None
        return Failure(
            "it is built with `target-cpu=native`: a wheel stops with `Illegal instruction` on an older processor",
            where=extension.show(native[0]),
        )
