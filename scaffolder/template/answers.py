"""Turn flags, files and prompts into a full set of answers, by the template's own rules.

The defaults and validators are the Jinja expressions of `copier.yml`, rendered as Copier renders them: each rule is
written once.
"""

from __future__ import annotations

import json
import re
import unicodedata
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from scaffolder.errors import InvalidAnswerError, MissingAnswerError, ScaffolderError, UsageError, listing, near
from scaffolder.template.catalog import InvalidYamlError, load_yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from jinja2 import Template
    from jinja2.sandbox import SandboxedEnvironment

    from scaffolder.template.catalog import Catalog, Question

MISSING = object()
NAME = "project_name"
LAYOUT = "layout"
# What somebody else's expression may run into.
EXPRESSION_ERRORS = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError, re.error)


def regex_replace(value: Any, pattern: str, replacement: str = "", ignorecase: bool = False) -> str:
    """Replace every match of a pattern."""
    return re.sub(pattern, replacement, str(value), flags=re.IGNORECASE if ignorecase else 0)


def regex_search(value: str, pattern: str, *, ignorecase: bool = False, multiline: bool = False) -> str | None:
    """Return the first match of a pattern."""
    flags = (re.IGNORECASE if ignorecase else 0) | (re.MULTILINE if multiline else 0)
    match = re.search(pattern, value, flags)
    return match and match.group()


# Those of Ansible's filters, all of which Copier brings, that the questions use; what Copier renders has them all.
FILTERS: Mapping[str, Callable[..., Any]] = {
    "regex_replace": regex_replace,
    "regex_search": regex_search,
    "to_json": json.dumps,
}


class Ask(Protocol):
    """Asks the user one question."""

    def __call__(self, question: Question, default: Any, check: Callable[[Any], Any]) -> Any:
        """Return an answer that `check` accepts.

        Args:
            question: What to ask.
            default: What to offer, or `MISSING`.
            check: Returns the parsed answer, or raises `InvalidAnswerError`.
        """


class Rules:
    """The expressions of a catalog: defaults, conditions and validators.

    Args:
        catalog: The questions that hold them.
    """

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._compiled: dict[str, Template] = {}

    @cached_property
    def environment(self) -> SandboxedEnvironment:
        """Jinja with the settings that Copier gives to templates, and those of its filters that questions need."""
        from jinja2.sandbox import SandboxedEnvironment

        settings = self.catalog.settings.get("_envops", {})
        try:
            options = {name: value for name, value in settings.items() if name != "undefined"}
            environment = SandboxedEnvironment(**options)
        except (AttributeError, TypeError, ValueError) as error:
            raise ScaffolderError(f"the template's `_envops` are not valid Jinja settings: `{settings}`") from error
        environment.filters.update(FILTERS)
        return environment

    def render(self, value: Any, answers: Mapping[str, Any]) -> Any:
        """Render an expression; anything but a string is returned as it is."""
        if not isinstance(value, str) or "{" not in value:
            return value
        from jinja2 import TemplateError

        try:
            if value not in self._compiled:
                self._compiled[value] = self.environment.from_string(value)
            return self._compiled[value].render(answers)
        except (TemplateError, *EXPRESSION_ERRORS) as error:
            raise ScaffolderError(f"the template's expression `{value}` failed: {error}") from error

    def default(self, question: Question, answers: Mapping[str, Any]) -> Any:
        """Return a question's default as its type, or `MISSING`."""
        if "default" not in question.details:
            return MISSING
        return parse_answer(question, self.render(question.details["default"], answers))

    def applies(self, question: Question, answers: Mapping[str, Any]) -> bool:
        """Whether a question applies, given the answers before it."""
        return bool(to_bool(self.render(question.details.get("when", True), answers)))

    def check(self, question: Question, value: Any, answers: Mapping[str, Any]) -> Any:
        """Return a value as the question's type.

        Raises:
            InvalidAnswerError: The question does not take this value.
        """
        parsed = parse_answer(question, value)
        message = self.render(question.details.get("validator", ""), {**answers, question.name: parsed})
        if reason := " ".join(str(message).split()):
            raise InvalidAnswerError(question.name, reason, suggestion=self.suggestion(question, parsed, answers))
        return parsed

    def suggestion(self, question: Question, value: Any, answers: Mapping[str, Any]) -> str | None:
        """Return a valid answer similar to a rejected one, if the template has a rule for that."""
        name = f"suggested_{question.name}"
        rule = next((rule for rule in self.catalog.questions if rule.name == name and rule.computed), None)
        text = self.render(rule.details.get("default"), {**answers, question.name: value}) if rule else None
        return str(text).strip() or None if text else None


def resolve(
    catalog: Catalog,
    given: Mapping[str, Any],
    suggested: Mapping[str, Any] | None = None,
    ask: Ask | None = None,
) -> dict[str, Any]:
    """Answer every question, in order.

    Args:
        catalog: The questions.
        given: Answers that are fixed.
        suggested: Defaults that override the template's own, where they are valid.
        ask: Asks for missing answers; without it, defaults are used.

    Returns:
        The answers to store, without computed ones.

    Raises:
        InvalidAnswerError: A given answer is rejected.
        MissingAnswerError: No answer is given, there is no default, and nobody to ask.
    """
    answers, stored = _answer_all(Rules(catalog), given, suggested or {}, ask)
    return {name: answers[name] for name in stored}


def complete(rules: Rules, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return these answers, the defaults of the others, and what is computed from them."""
    return _answer_all(rules, given, {}, None)[0]


def _answer_all(
    rules: Rules, given: Mapping[str, Any], suggested: Mapping[str, Any], ask: Ask | None
) -> tuple[dict[str, Any], list[str]]:
    """Answer every question, in order, and return all answers with the names of those to store."""
    answers: dict[str, Any] = {}
    stored = []
    for question in rules.catalog.questions:
        # Like Copier's, a condition also sees what is given: a question may apply only to those who have an answer.
        if question.computed or not rules.applies(question, {**given, **answers}):
            answers[question.name] = rules.default(question, answers)
            continue
        answers[question.name] = _answer(rules, question, answers, given, suggested, ask)
        stored.append(question.name)
    return answers, stored


def _answer(
    rules: Rules,
    question: Question,
    known: Mapping[str, Any],
    given: Mapping[str, Any],
    suggested: Mapping[str, Any],
    ask: Ask | None,
) -> Any:
    """Answer one question: with the given answer, else the user's, else the default."""

    def check(value: Any) -> Any:
        return rules.check(question, value, known)

    if question.name in given:
        return check(given[question.name])
    default = rules.default(question, known)
    if ask is not None:
        return check(ask(question, suggested.get(question.name, default), check))
    if question.name in suggested:
        try:
            return check(suggested[question.name])
        except InvalidAnswerError:
            pass
    if default is MISSING:
        hint = "pass `--name NAME`, or a destination to name it after" if question.name == NAME else None
        raise MissingAnswerError(question.name, hint)
    return check(default)


def parse_answer(question: Question, value: Any) -> Any:
    """Return a value as the question's type.

    Raises:
        InvalidAnswerError: It is not of that type, or not among the choices.
    """
    if not question.multiselect:
        return _parse_one(question, value)
    items = value.split(",") if isinstance(value, str) and not value.startswith("[") else value
    items = _load(question, items) if isinstance(items, str) else items
    if not isinstance(items, (list, tuple)):
        raise InvalidAnswerError(question.name, f"`{question.name}` takes a list, not `{value}`")
    chosen = [_parse_one(question, item.strip() if isinstance(item, str) else item) for item in items if item != ""]
    return [choice.value for choice in question.choices if choice.value in chosen]


def _parse_one(question: Question, value: Any) -> Any:
    """Convert one value, or one item of a list, to the question's type."""
    convert = CONVERSIONS.get(question.type)
    try:
        if value is None and convert is not None:
            raise ValueError
        parsed = convert(value) if convert else _load(question, value) if isinstance(value, str) else value
    except (TypeError, ValueError) as error:
        shown = "nothing" if value is None else f"`{value}`"
        wanted = EXPECTATIONS[question.type]
        raise InvalidAnswerError(question.name, f"`{question.name}` takes {wanted}, not {shown}") from error
    if question.choices and parsed not in [choice.value for choice in question.choices]:
        raise choice_error(question, str(parsed))
    return parsed


def _load(question: Question, text: str) -> Any:
    """Parse an answer written as YAML."""
    try:
        return load_yaml(text)
    except InvalidYamlError as error:
        raise InvalidAnswerError(question.name, f"`{question.name}` takes YAML, not `{text}`") from error


def to_bool(value: Any) -> bool:
    """Parse a boolean in any spelling."""
    if isinstance(value, (bool, int)):
        return bool(value)
    if (text := str(value).strip().lower()) in {"y", "yes", "t", "true", "on", "1"}:
        return True
    if text in {"n", "no", "f", "false", "off", "0", "", "none", "null", "~"}:
        return False
    raise ValueError(text)


def to_text(value: Any) -> str:
    """Convert a string or a number to text."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise TypeError(value)
    return str(value)


CONVERSIONS: Mapping[str, Callable[[Any], Any]] = {
    "bool": to_bool,
    "float": float,
    "int": int,
    "path": to_text,
    "str": to_text,
}
EXPECTATIONS = {"bool": "yes or no", "float": "a number", "int": "a whole number", "path": "a path", "str": "a text"}


def choice_error(question: Question, value: str) -> InvalidAnswerError:
    """Return the error for a value that is not a choice."""
    names = [str(choice.value) for choice in question.choices]
    if question.name == "features":
        return InvalidAnswerError(question.name, f"`{value}` is not a feature", near(value, names))
    message = f"`{value}` is not a choice for `{question.name}`"
    return InvalidAnswerError(question.name, message, f"choose from {listing(names, 'and')}")


def require_questions(catalog: Catalog, names: Iterable[str], origin: str) -> None:
    """Refuse answers to unknown questions.

    Args:
        catalog: The questions.
        names: The names of the answered questions.
        origin: The source of the answers, for the message.
    """
    asked = [question.name for question in catalog.asked]
    computed = {question.name for question in catalog.questions} - set(asked)
    for name in names:
        if name in computed:
            raise UsageError(f"`{name}` in {origin} can't be set: it is computed from other answers")
        if name not in asked:
            raise UsageError(f"`{name}` in {origin} is not a question", near(name, asked))


def collect(
    catalog: Catalog,
    *,
    file: Path | None = None,
    pairs: Iterable[str] = (),
    features: Iterable[str] = (),
    all_features: bool = False,
    name: str | None = None,
) -> dict[str, Any]:
    """Combine the answers from the command line; later parameters override earlier ones.

    Args:
        catalog: The questions.
        file: A YAML file of answers.
        pairs: `KEY=VALUE` texts.
        features: Names of features; one text may name several, separated by commas.
        all_features: Choose every feature.
        name: The project's name.
    """
    given: dict[str, Any] = {}
    if file is not None:
        given |= read_file(file)
        require_questions(catalog, given, f"`{file}`")
    data = read_pairs(pairs)
    require_questions(catalog, data, "`--data`")
    given |= data
    chosen = [feature.name for feature in catalog.features] if all_features else ",".join(features)
    if chosen or all_features:
        if not catalog.features:
            raise UsageError("this template has no features to choose from")
        given["features"] = chosen
    return given if name is None else {**given, "project_name": name}


def read_pairs(pairs: Iterable[str]) -> dict[str, str]:
    """Parse `KEY=VALUE` texts."""
    answers = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key.strip():
            raise UsageError(f"`--data {pair}` is not of the form KEY=VALUE", "write for example `--data license=MIT`")
        answers[key.strip()] = value
    return answers


def read_file(path: Path) -> dict[str, Any]:
    """Read an answers file; keys that begin with `_` are Copier's own and are left out."""
    try:
        content = load_yaml(path.read_bytes())
    except OSError as error:
        raise ScaffolderError(f"the answers file `{path}` can't be read: {error.strerror}") from error
    except InvalidYamlError as error:
        where = f" (line {error.line})" if error.line else ""
        raise ScaffolderError(
            f"the answers file `{path}` can't be used as YAML: {error}{where}",
            "write one `question: answer` per line",
        ) from error
    if not isinstance(content, (dict, type(None))):
        raise ScaffolderError(f"the answers file `{path}` has no answers", "write one `question: answer` per line")
    return {str(key): value for key, value in (content or {}).items() if not str(key).startswith("_")}


def name_from(folder: str) -> str:
    """Turn a folder's name into a project name, without accents and spaces."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", folder) if not unicodedata.combining(char))
    return "-".join(plain.split())
