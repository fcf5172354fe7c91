"""The status of a project: its release, its features and the user's changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scaffolder.checkout.answers import require_suitable, sort_features
from scaffolder.checkout.checkout import ANSWERS, read_record, readable, split
from scaffolder.checkout.interruption import find_interruption
from scaffolder.checkout.merge import LINK
from scaffolder.checkout.update import newest, render_files
from scaffolder.errors import InvalidAnswerError, ScaffolderError
from scaffolder.folders import temporary_folder
from scaffolder.template.releases import PublicTags, open_releases

if TYPE_CHECKING:
    from pathlib import Path

    from scaffolder.checkout.checkout import Checkout, Record
    from scaffolder.checkout.merge import Files
    from scaffolder.template.catalog import Catalog
    from scaffolder.template.releases import Releases


@dataclass(frozen=True)
class Status:
    """The status of a project.

    Attributes:
        name: The project's name.
        path: Its folder.
        version: The template's release that it has.
        newest: The newest release known.
        features: The features that it has.
        available: The features that can be added.
        changed: The template's files that the user changed.
        deleted: Those that the user deleted.
        added: The user's own files.
        conflicts: Files with conflicts left in them.
        in_progress: What git is in the middle of, if anything.
        notes: What else the user should know.
    """

    name: str
    path: Path
    version: str
    newest: str
    features: tuple[str, ...]
    available: tuple[str, ...]
    changed: tuple[str, ...]
    deleted: tuple[str, ...]
    added: tuple[str, ...]
    conflicts: tuple[str, ...]
    in_progress: str | None
    notes: tuple[str, ...]


@readable()
def status(checkout: Checkout, *, offline: bool = False) -> Status:
    """Read a project's status.

    Args:
        checkout: The project.
        offline: Ask no public repository for newer releases.
    """
    with open_releases() as releases:
        public = PublicTags(offline=offline)
        interruption = find_interruption(checkout)
        interruption_notes = (f"{interruption.message}; {interruption.hint}",) if interruption else ()
        try:
            conflicts = checkout.conflicts()
            record = record_of(checkout, conflicts)
            base, base_notes = base_files(releases, record)
            latest, newest_notes = newest(releases, public)
        finally:
            public.close()
        own = own_files(checkout, base) if base is not None else ()
        catalog = releases.catalog(record.release if base is not None else releases.newest)
        available = [feature.name for feature in catalog.features if suits(catalog, record, feature.name)]
    return Status(
        name=record.name,
        path=checkout.folder,
        version=record.release,
        newest=latest,
        features=record.features,
        available=tuple(name for name in available if name not in record.features),
        changed=tuple(path for path in sorted(base or {}) if differs(checkout.folder / path, base, path)),
        deleted=tuple(path for path in sorted(base or {}) if not present(checkout.folder / path)),
        added=own,
        conflicts=conflicts,
        in_progress=checkout.in_progress(),
        notes=(*interruption_notes, *base_notes, *newest_notes),
    )


def suits(catalog: Catalog, record: Record, feature: str) -> bool:
    """Whether a feature can be in a project, as its layout is."""
    try:
        require_suitable(catalog, record, sort_features(catalog, [*record.features, feature]))
    except InvalidAnswerError:
        return False
    return True


def record_of(checkout: Checkout, conflicts: tuple[str, ...]) -> Record:
    """Return a project's record, or the one before if that is in conflict."""
    if ANSWERS not in conflicts:
        return checkout.record
    with temporary_folder() as folder:
        committed = folder / ANSWERS
        committed.write_bytes(checkout.git("cat-file", "blob", f"HEAD:./{ANSWERS}"))
        return read_record(committed)


def base_files(releases: Releases, record: Record) -> tuple[Files | None, tuple[str, ...]]:
    """Return the template's files as the project got them, or none and the reason."""
    try:
        releases.require(record.release)
    except ScaffolderError as error:
        return None, (f"{error.message}: {error.hint}",)
    return render_files(releases, record.release, record, record.features, releases.workspace / "base"), ()


def present(path: Path) -> bool:
    """Whether there is a file or a link at a path."""
    return path.is_symlink() or path.is_file()


def differs(path: Path, base: Files | None, name: str) -> bool:
    """Whether a file exists and differs from the template's by more than line endings."""
    if base is None or not present(path):
        return False
    if path.is_symlink():
        return base[name].mode != LINK
    return path.read_bytes().replace(b"\r\n", b"\n") != base[name].content.replace(b"\r\n", b"\n")


def own_files(checkout: Checkout, base: Files) -> tuple[str, ...]:
    """Return the files that are the user's own, without what git ignores."""
    names = set(split(checkout.git("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", ".")))
    return tuple(sorted(name for name in names - set(base) if present(checkout.folder / name)))
