"""What rules leave to a person, and where to read about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.migration.checking import DEPRECATED
from scaffolder.migration.companions import crate_names, number
from scaffolder.migration.conditions import places_off, read_settings
from scaffolder.migration.manifests import manifest_of
from scaffolder.migration.matching import edits_of, find_matches, line_at, named_by
from scaffolder.migration.regions import regions
from scaffolder.migration.results import Left
from scaffolder.migration.rewrites.undecided import Unconcerned, Undecided
from scaffolder.migration.rules import GUIDE, load_rules, releases

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from scaffolder.migration.conditions import Settings
    from scaffolder.migration.matching import Match, Message
    from scaffolder.migration.rules import Rule
    from scaffolder.migration.work import Work


def find_left(work: Work, before: str) -> Iterator[Left]:
    """Yield what a person has to look at, in the files as they are now."""
    after = work.steps[-1].release if work.steps else before
    names = [name for name in releases() if number(before) < number(name) <= number(after)] or [before]
    rules = [rule for name in names for rule in (*load_rules(name), *work.offers.get(name, ())) if rule.search]
    messages = work.last.messages if work.last else {}
    # Without a step nothing was changed, and without the compiler all of it is unseen.
    settings = read_settings(work.sources.copy, work.environment) if work.steps and work.last else {}
    for path in work.sources.rust:
        text, said = work.sources.texts[path], messages.get(path, ())
        places = [
            *left_in(path, text, rules, said),
            *deprecated_in(path, text, names[-1], said),
            *unseen_in(path, text, names[-1], settings_for(work, path, settings)),
        ]
        yield from sorted({place.line: place for place in reversed(places)}.values(), key=lambda place: place.line)


def left_in(path: str, text: str, rules: Iterable[Rule], messages: Sequence[Message]) -> Iterator[Left]:
    """Yield what rules leave to a person in one file."""
    for rule in rules:
        matches = find_matches(text, rule)
        if rule.trigger:
            matches = named_by(matches, [said for said in messages if rule.is_named_in(said.code, said.text)])
        for match in matches:
            if (why := undecided(match)) is not None:
                url = GUIDE if rule.section else ""
                line = line_at(text, match.span[0])
                yield Left(path, line, rule.name, rule.release, why, rule.section, url)


def undecided(match: Match) -> str | None:
    """Return why a person has to decide what becomes of a match; nothing if a rule does."""
    if not match.rule.decides:
        return match.rule.why
    try:
        edits_of(match)
    except Unconcerned:
        return None
    except Undecided as error:
        return f"{match.rule.why}; {error}" if str(error) else match.rule.why
    return None


def deprecated_in(path: str, text: str, release: str, messages: Iterable[Message]) -> Iterator[Left]:
    """Yield what the compiler calls deprecated, in its words."""
    for message in messages:
        # PyO3's macros use what PyO3 deprecates, and allow themselves to.
        if (
            message.code == DEPRECATED
            and not message.expanded
            and any(f"`{crate}::" in message.text for crate in crate_names())
        ):
            yield Left(path, line_at(text, message.start), "", release, message.text.splitlines()[0])


def settings_for(work: Work, path: str, settings: Settings) -> Settings:
    """Return what holds in a file: for the machine, and the features of its crate, if these are known."""
    manifest = manifest_of(work.sources.documents, path)
    features = work.last.features.get(manifest) if work.last and manifest else None
    return settings if features is None or not settings else {**settings, "feature": features}


def unseen_in(path: str, text: str, release: str, settings: Settings) -> Iterator[Left]:
    """Yield what is not compiled here, so that only the rules without a compiler have changed it."""
    for item, condition in places_off(regions(text)[0].root, settings) if settings else ():
        why = f"not compiled here because of `{condition}`: check it where it is"
        yield Left(path, line_at(text, item.range().start.index), "", release, why)
