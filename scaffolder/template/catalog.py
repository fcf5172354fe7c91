"""The questions and features of a template's `copier.yml`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import yaml

from scaffolder.errors import ScaffolderError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# The C loader is ten times as fast, and not in every build of PyYAML.
SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# More than any answers file or workflow has.
LARGEST = 1_000_000
# Values that PyYAML recognizes and can't build, such as the date 2020-13-45, fail with whatever its code runs into.
YAML_ERRORS = (
    yaml.YAMLError, ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError,
)  # fmt: skip


class InvalidYamlError(ValueError):
    """A text that is not valid YAML, or is refused.

    Args:
        reason: What is wrong with it.
        line: The line, counted from 1, if known.
    """

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason)
        self.line = line


def load_yaml(text: str | bytes, *, aliases: bool = False) -> Any:
    """Read untrusted YAML.

    Args:
        text: At most a megabyte.
        aliases: Accept aliases. A kilobyte of them can stand for billions of values, so whoever accepts them must
            neither print nor walk through all of the result.

    Raises:
        InvalidYamlError: The text is refused.
    """
    if len(text) > LARGEST:
        raise InvalidYamlError(f"is larger than {LARGEST} bytes")
    try:
        if not aliases:
            refuse_aliases(text)
        return yaml.load(text, SafeLoader)  # noqa: S506
    except InvalidYamlError:
        raise
    except YAML_ERRORS as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or "it has a value that can't be read"
        raise InvalidYamlError(" ".join(str(reason).split()), mark.line + 1 if mark else None) from error


def refuse_aliases(text: str | bytes) -> None:
    """Refuse a text with aliases."""
    for event in yaml.parse(text, SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise InvalidYamlError("aliases are not accepted", event.start_mark.line + 1 if event.start_mark else None)


@dataclass(frozen=True)
class Choice:
    """One of the values that a question offers."""

    value: Any
    label: str

    @property
    def purpose(self) -> str:
        """The label without the value that it starts with."""
        return self.label.removeprefix(f"{self.value}: ")


@dataclass(frozen=True)
class Question:
    """A question of `copier.yml`; texts may contain Jinja expressions."""

    name: str
    details: Mapping[str, Any]

    @property
    def help(self) -> str:
        """The text of the question."""
        return str(self.details.get("help") or self.name)

    @property
    def label(self) -> str:
        """The text of the question up to its explanation: `Bare` in `Bare: an empty module`."""
        return self.help.partition(": ")[0]

    @property
    def explanation(self) -> str:
        """What follows the label, if anything does."""
        return self.help.partition(": ")[2]

    @property
    def type(self) -> str:
        """The type of the answer, in Copier's words."""
        return str(self.details.get("type") or "yaml")

    @property
    def multiselect(self) -> bool:
        """Whether the answer is a list of choices."""
        return bool(self.details.get("multiselect"))

    @property
    def computed(self) -> bool:
        """Whether the answer is computed from others and never asked for."""
        return self.details.get("when", True) is False

    @cached_property
    def choices(self) -> tuple[Choice, ...]:
        """The choices; empty if any value is allowed."""
        choices = self.details.get("choices") or ()
        pairs = choices.items() if isinstance(choices, dict) else (_pair(choice) for choice in choices)
        return tuple(Choice(_value(value), str(label)) for label, value in pairs)


def _pair(choice: Any) -> tuple[Any, Any]:
    return tuple(choice) if isinstance(choice, (list, tuple)) else (choice, choice)


def _value(choice: Any) -> Any:
    """Return the value of a choice, which may carry a condition beside it."""
    return choice["value"] if isinstance(choice, dict) else choice


@dataclass(frozen=True)
class Feature:
    """A capability that a project can start with."""

    name: str
    purpose: str


@dataclass(frozen=True)
class Catalog:
    """The questions of a template, in the order in which they are asked."""

    questions: tuple[Question, ...]
    settings: Mapping[str, Any]

    @property
    def asked(self) -> tuple[Question, ...]:
        """The questions that the user may answer."""
        return tuple(question for question in self.questions if not question.computed)

    @property
    def features(self) -> tuple[Feature, ...]:
        """The features."""
        matches = [question for question in self.questions if question.name == "features"]
        return tuple(Feature(str(choice.value), choice.purpose) for question in matches for choice in question.choices)

    def choices_of(self, name: str) -> list[str]:
        """Return the values that a question offers, in their order."""
        question = next(question for question in self.questions if question.name == name)
        return [str(choice.value) for choice in question.choices]


def load_catalog(folder: Path) -> Catalog:
    """Read the questions of a template.

    Args:
        folder: Holds `copier.yml` and what it includes.

    Raises:
        ScaffolderError: There is no readable `copier.yml`.
    """
    path = next((path for name in ("copier.yml", "copier.yaml") if (path := folder / name).is_file()), None)
    if path is None:
        raise ScaffolderError(f"`{folder}` is not a Copier template: it has no `copier.yml`")
    merged: dict[str, Any] = {}
    for section in read_sections(path):
        merged |= section
    details = {name: value for name, value in merged.items() if not name.startswith("_")}
    questions = (
        Question(name, value if isinstance(value, dict) else {"default": value}) for name, value in details.items()
    )
    return Catalog(tuple(questions), {name: value for name, value in merged.items() if name.startswith("_")})


def read_sections(path: Path) -> list[dict[str, Any]]:
    """Read a YAML file's documents, resolving `!include`."""

    class Loader(SafeLoader):  # type: ignore[misc]
        """A loader that knows where this file is."""

    def include(loader: Any, node: Any) -> list[dict[str, Any]]:
        pattern = str(loader.construct_scalar(node))
        return [section for file in sorted(path.parent.glob(pattern)) for section in read_sections(file)]

    Loader.add_constructor("!include", include)
    try:
        with path.open("rb") as file:
            documents = list(yaml.load_all(file, Loader))
    except (yaml.YAMLError, OSError, ValueError, NotImplementedError) as error:
        raise ScaffolderError(f"`{path}` can't be read: {' '.join(str(error).split())}") from error
    sections = [
        section for document in documents for section in (document if isinstance(document, list) else [document])
    ]
    return [{str(name): value for name, value in section.items()} for section in sections if isinstance(section, dict)]
