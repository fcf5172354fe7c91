"""Find what a rule is about in a file, and compute the edits."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, cast

from scaffolder.migration.imports import add_imports
from scaffolder.migration.regions import Region, regions, with_dollars
from scaffolder.migration.rewrites import load_rewrite
from scaffolder.migration.rewrites.undecided import Undecided

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ast_grep_py import Config, SgNode

    from scaffolder.migration.rules import Rule

# A rule whose result it would match again would go on for ever.
MOST_PASSES = 50


class Edit(NamedTuple):
    """A part of a file, in characters, and what takes its place."""

    start: int
    end: int
    text: str


class Message(NamedTuple):
    """What the compiler says of a place.

    Attributes:
        code: Its code, such as `E0599`.
        text: The message, with its label and notes.
        start: Where the place begins in the file, in characters.
        end: Where it ends.
        suggestion: The edits that the compiler proposes.
        expanded: Whether it is about what a macro made of the place, and not about what is written there.
    """

    code: str
    text: str
    start: int
    end: int
    suggestion: tuple[Edit, ...] = ()
    expanded: bool = False


@dataclass(frozen=True)
class Match:
    """A place that a rule is about.

    Attributes:
        rule: The rule.
        region: The tree that it was found in.
        node: The node.
        source: The file's text.
    """

    rule: Rule
    region: Region
    node: SgNode
    source: str

    @property
    def span(self) -> tuple[int, int]:
        """Where it begins and ends in the file."""
        return self.region.span(self.node)

    def text_of(self, name: str) -> str:
        """Return the text of a variable, such as `A` for `$A` and for `$$$A`; empty if it stands for nothing."""
        single = self.node.get_match(name)
        nodes = [single] if single is not None else self.node.get_multiple_matches(name)
        if not nodes:
            return ""
        return self.source[self.region.span(nodes[0])[0] : self.region.span(nodes[-1])[1]]


@dataclass(frozen=True)
class Applied:
    """An edit that was made.

    Attributes:
        rule: The rule.
        line: The line in the file as it was before, from 1.
        before: What was there.
        after: What is there now.
    """

    rule: Rule
    line: int
    before: str
    after: str


@dataclass
class Result:
    """A file after some rules.

    Attributes:
        text: What it says now.
        applied: The edits, in their order.
    """

    text: str
    applied: list[Applied] = field(default_factory=list)


def line_at(text: str, place: int) -> int:
    """Return the line of a place in a file, from 1."""
    return text.count("\n", 0, place) + 1


def find_matches(text: str, rule: Rule) -> Iterator[Match]:
    """Yield every place in a file that a rule's search finds.

    Args:
        text: Rust code.
        rule: A rule with a search.
    """
    seen = set()
    for region in regions(text):
        for node in region.root.find_all(cast("Config", rule.search)):
            match = Match(rule, region, node, text)
            # Code in a macro is in the tree of an outer macro, too.
            if match.span not in seen:
                seen.add(match.span)
                yield match


def named_by(matches: Iterable[Match], messages: Sequence[Message]) -> Iterator[Match]:
    """Yield the matches that the compiler speaks of: the smallest one around each place, or the largest one in it.

    Args:
        matches: What the rule's search found.
        messages: What the compiler said that fits the rule.
    """
    candidates = list(matches)
    chosen = []
    for message in messages:
        around = [match for match in candidates if match.span[0] <= message.start and message.end <= match.span[1]]
        within = [match for match in candidates if message.start <= match.span[0] and match.span[1] <= message.end]
        if around:
            smallest = min(around, key=width)
            trigger = smallest.rule.trigger
            if smallest.span == (message.start, message.end) or not (trigger and trigger.exact):
                chosen.append(smallest)
        elif within:
            chosen.append(max(within, key=width))
    yield from sorted({match.span: match for match in chosen}.values(), key=lambda match: match.span)


def width(match: Match) -> int:
    """Return how many characters a match has."""
    start, end = match.span
    return end - start


def edits_of(match: Match) -> tuple[Edit, ...]:
    """Return what becomes of a match.

    Raises:
        Undecided: The rule can't tell.
    """
    rule = match.rule
    if rule.rewrite is not None:
        edits = load_rewrite(rule.rewrite)(match)
        return tuple(Edit(start, end, with_dollars(text, match.source)) for start, end, text in edits)
    start, end = match.span
    return (Edit(start, end, expand(rule.fix or "", match)),)


def expand(fix: str, match: Match) -> str:
    """Put a match's texts where a fix has `$NAME` or `$$$NAME`."""
    parts, position = [], 0
    while (place := fix.find("$", position)) >= 0:
        parts.append(fix[position:place])
        start = place + 3 if fix.startswith("$$$", place) else place + 1
        end = start
        while end < len(fix) and (fix[end].isupper() or fix[end].isdigit() or fix[end] == "_"):
            end += 1
        parts.append(match.text_of(fix[start:end]) if end > start else fix[place:start])
        position = end
    return "".join([*parts, fix[position:]])


def apply_rules(text: str, rules: Iterable[Rule], messages: Sequence[Message] = ()) -> Result:
    """Apply rules to a file, one after the other, each until it finds nothing more.

    Rules that depend on the compiler are applied once, and only one edit of a place: after it the places have moved.

    Args:
        text: Rust code.
        rules: Rules that decide; others are left out.
        messages: What the compiler said of this file; if there are some, only rules that depend on it are applied.
    """
    result = Result(text)
    rules = [rule for rule in rules if rule.decides]
    if messages:
        apply_at_messages(result, [rule for rule in rules if rule.trigger], messages)
    else:
        for rule in rules:
            if rule.trigger is None:
                apply_everywhere(result, rule)
    result.text = end_lines_as(text, result.text)
    return result


def end_lines_as(before: str, after: str) -> str:
    """Return a changed text with line endings as they were, if all of them were those of Windows."""
    if before.count("\n") != before.count("\r\n") or "\n" not in before:
        return after
    return after.replace("\r\n", "\n").replace("\n", "\r\n")


def apply_everywhere(result: Result, rule: Rule) -> None:
    """Apply a rule until it finds nothing more."""
    for _ in range(MOST_PASSES):
        groups = list(computed_edits(find_matches(result.text, rule)))
        before = result.text
        write_edits(result, rule, groups)
        if result.text == before:
            return


def apply_at_messages(result: Result, rules: Sequence[Rule], messages: Sequence[Message]) -> None:
    """Apply the rules that fit the compiler's messages, all in the text that the messages are about."""
    chosen: list[tuple[Rule, tuple[Edit, ...]]] = []
    taken: list[Edit] = []
    for rule in rules:
        fitting = [message for message in messages if rule.is_named_in(message.code, message.text)]
        for edits in edits_at(result.text, rule, fitting):
            if edits and not any(overlap(edit, other) for edit in edits for other in taken):
                taken += edits
                chosen.append((rule, edits))
    write_all(result, [(rule, edit) for rule, edits in chosen for edit in edits])


def edits_at(text: str, rule: Rule, messages: Sequence[Message]) -> Iterator[tuple[Edit, ...]]:
    """Yield the edits of a rule at the compiler's messages."""
    if not messages:
        return
    if rule.search is None:
        yield from (message.suggestion for message in messages if rule.suggested and message.suggestion)
        return
    matches = list(named_by(find_matches(text, rule), messages))
    if rule.suggested:
        for message in messages:
            if message.suggestion and any(
                match.span[0] <= message.start and message.end <= match.span[1] for match in matches
            ):
                yield message.suggestion
        return
    yield from computed_edits(matches)


def computed_edits(matches: Iterable[Match]) -> Iterator[tuple[Edit, ...]]:
    """Yield what becomes of those matches that a rule can decide."""
    for match in matches:
        try:
            edits = edits_of(match)
        except Undecided:
            continue
        if any(match.source[edit.start : edit.end] != edit.text for edit in edits):
            yield edits


def overlap(one: Edit, other: Edit) -> bool:
    """Whether two edits are about the same characters."""
    return one == other or (one.start < other.end and other.start < one.end) or one.start == other.start


def write_edits(result: Result, rule: Rule, groups: Iterable[tuple[Edit, ...]]) -> None:
    """Make edits in a file; of those that overlap only the first, since the next pass finds the others."""
    taken: list[Edit] = []
    for edits in groups:
        if not any(overlap(edit, other) for edit in edits for other in taken):
            taken += edits
    write_all(result, [(rule, edit) for edit in taken])


def write_all(result: Result, edits: Iterable[tuple[Rule, Edit]]) -> None:
    """Make edits in a file, and import what their rules need."""
    ordered = sorted(edits, key=lambda pair: pair[1].start)
    text = result.text
    for rule, edit in ordered:
        line, present = line_at(result.text, edit.start), result.text[edit.start : edit.end]
        # A rule may keep others from a place.
        if present != edit.text:
            result.applied.append(Applied(rule, line, present, edit.text))
    # From the end on, so that the places before stay where they are.
    for _, edit in reversed(ordered):
        text = text[: edit.start] + edit.text + text[edit.end :]
    for needs in dict.fromkeys(rule.needs for rule, _ in ordered):
        text = add_imports(text, needs)
    result.text = text
