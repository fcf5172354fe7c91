"""What a project records: whether the template takes it, and what a user wants recorded in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scaffolder.checkout.checkout import ANSWERS, require_settled
from scaffolder.checkout.interruption import require_uninterrupted
from scaffolder.errors import InvalidAnswerError, MissingAnswerError, ScaffolderError, UsageError, listing, near
from scaffolder.template.answers import LAYOUT, NAME, read_pairs, require_questions, resolve

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scaffolder.checkout.checkout import Checkout, Record
    from scaffolder.template.catalog import Catalog
    from scaffolder.template.releases import Releases


def open_record(checkout: Checkout, releases: Releases) -> Record:
    """Return what a project records.

    Raises:
        ScaffolderError: It has a half-made change, an unavailable release, or answers that can't be set.
    """
    require_uninterrupted(checkout)
    try:
        record = checkout.record
    except ScaffolderError:
        # Conflicts in the answers file are the better reason.
        require_settled(checkout)
        raise
    releases.require(record.release)
    require_answers(checkout, releases.catalog(record.release), record)
    return record


def changed_answers(catalog: Catalog, record: Record, data: Iterable[str]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the answers that a user changes, and notes about those that are as they were.

    Raises:
        UsageError: An answer is rejected, or can't be changed this way.
    """
    pairs = read_pairs(data)
    if not pairs:
        return {}, ()
    if "features" in pairs:
        raise UsageError("`features` can't be changed with `--data`", "run `pyo3-new add` or `pyo3-new remove`")
    if NAME in pairs:
        raise UsageError(
            f"`{NAME}` can't be changed with `--data`, because your own files use the name too",
            f"replace the name in every file and path, `{ANSWERS}` included, and commit that",
        )
    if LAYOUT in pairs:
        raise UsageError(
            f"`{LAYOUT}` can't be changed with `--data`, because it says where your own files are",
            f"move the files with `git mv`, change `{LAYOUT}` in `{ANSWERS}`, and commit that",
        )
    require_questions(catalog, pairs, "`--data`")
    asked = {question.name for question in catalog.asked}
    resolved = resolve(catalog, {**{name: value for name, value in record.answers.items() if name in asked}, **pairs})
    changed = {name: resolved[name] for name in pairs if resolved.get(name) != record.answers.get(name)}
    return changed, tuple(f"`{name}` is `{text}` already" for name, text in pairs.items() if name not in changed)


def require_answers(checkout: Checkout, catalog: Catalog, record: Record) -> None:
    """Refuse an answers file that sets values computed from other answers."""
    computed = sorted(
        question.name for question in catalog.questions if question.computed and question.name in record.answers
    )
    if computed:
        raise ScaffolderError(
            f"{listing(computed, 'and')} in `{checkout.folder / ANSWERS}` can't be set: the other answers decide it",
            "delete those lines, then `git commit`",
        )


def features_named(releases: Releases, record: Record, names: Iterable[str]) -> tuple[str, ...]:
    """Return the features that the user names.

    Raises:
        InvalidAnswerError: The project's release does not have one of them.
    """
    chosen = dict.fromkeys(part.strip() for name in names for part in name.split(",") if part.strip())
    known = [feature.name for feature in releases.catalog(record.release).features]
    for name in chosen:
        if name in known:
            continue
        if name in (feature.name for feature in releases.catalog(releases.newest).features):
            raise InvalidAnswerError(
                "features",
                f"`{name}` is not a feature of release `{record.release}`, which the project has",
                f"run `pyo3-new update` first: `{releases.newest}` has it",
            )
        raise InvalidAnswerError("features", f"`{name}` is not a feature", near(name, known))
    return tuple(chosen)


def sort_features(catalog: Catalog, names: Iterable[str]) -> tuple[str, ...]:
    """Sort features in the template's order, as in the answers file."""
    wanted = set(names)
    return tuple(feature.name for feature in catalog.features if feature.name in wanted)


def require_suitable(catalog: Catalog, record: Record, features: Iterable[str]) -> None:
    """Refuse features that can't work in the layout of an adopted project.

    Raises:
        InvalidAnswerError: One of them can't.
    """
    try:
        resolve(catalog, {**record.answers, "features": list(features)})
    except (InvalidAnswerError, MissingAnswerError) as error:
        # Any other answer is a fault of the answers file, and reported as such where it is used.
        if error.question == "features":
            raise


def require_valid_answers(catalog: Catalog, answers: dict[str, Any]) -> None:
    """Blame the file of answers, and not the template, for an answer that no question takes."""
    try:
        resolve(catalog, answers)
    except InvalidAnswerError as error:
        raise ScaffolderError(
            f"`{ANSWERS}` has an answer for `{error.question}` that is not valid: {error.message}",
            "correct it there, and commit the change",
        ) from error
