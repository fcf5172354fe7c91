"""Single questions in a terminal, each of which leaves nothing behind on the screen when it is answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prompt_toolkit import PromptSession
from prompt_toolkit.key_binding import KeyBindings, merge_key_bindings
from prompt_toolkit.styles import Style

from scaffolder.cli.text import fold
from scaffolder.errors import InterruptedRunError, InvalidAnswerError, ScaffolderError
from scaffolder.template.answers import MISSING
from scaffolder.terminal import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import questionary
    from prompt_toolkit.formatted_text import StyleAndTextTuples
    from prompt_toolkit.key_binding import KeyPressEvent

    # A value, its name, and what it is for.
    Row = tuple[Any, str, str]

STYLE = Style(
    [
        ("qmark", "fg:ansicyan bold"),
        ("question", "bold"),
        ("instruction", "fg:ansibrightblack"),
        ("pointer", "fg:ansicyan bold"),
        ("highlighted", "bold"),
        ("selected", "fg:ansicyan noreverse"),
        ("reason", "fg:ansired"),
    ]
)
POINTER = "»"
MENU_INDENT, CHECKBOX_INDENT = 3, 5


class TextPrompt:
    """Asks for a text: Enter takes what is offered, the first letter replaces it.

    Args:
        label: The question.
        column: Where the answer begins.
        offered: An answer, or `MISSING`; if it is refused, what the refusal suggests is offered.
        check: Raises an error for an answer that is refused.
        in_doubt: Check what is offered at once.
    """

    def __init__(
        self, label: str, column: int, offered: Any, check: Callable[[str], Any], *, in_doubt: bool = True
    ) -> None:
        self.label = label
        self.column = column
        self.check = check
        self.reason = ""
        self.offered = "" if offered is MISSING or offered is None else str(offered)
        if in_doubt and (error := refusal(self.offered, self.check)):
            self.refuse(error)
            if offered is MISSING:
                self.reason = ""

    def ask(self) -> str:
        """Return an answer that is accepted."""
        session: PromptSession[str] = PromptSession(
            self.message, placeholder=self.placeholder, key_bindings=self.bindings(), style=STYLE,
            erase_when_done=True, reserve_space_for_menu=0,
            prompt_continuation=" " * self.column,
        )  # fmt: skip
        return str(stop_by_key(session.prompt))

    def message(self) -> StyleAndTextTuples:
        """Return the question, below the reason why the last answer was refused."""
        reason = "".join(f"  {line}\n" for line in fold(self.reason, 2)) if self.reason else ""
        return [
            ("class:reason", reason),
            ("class:qmark", "? "),
            ("class:question", f"{self.label:<{self.column - 3}} "),
        ]

    def placeholder(self) -> StyleAndTextTuples:
        """Return what Enter takes, or that it may be nothing."""
        if self.offered or refusal("", self.check):
            return [("class:instruction", self.offered)]
        return [("class:instruction", "(optional, Enter leaves it out)")]

    def bindings(self) -> KeyBindings:
        """Return what Enter and Tab do."""
        bindings = KeyBindings()

        @bindings.add("enter")
        def accept(event: KeyPressEvent) -> None:
            answer = event.current_buffer.text or self.offered
            error = refusal(answer, self.check)
            if error is None:
                event.app.exit(result=answer)
            elif self.refuse(error):
                event.current_buffer.reset()

        @bindings.add("tab")
        def edit(event: KeyPressEvent) -> None:
            if not event.current_buffer.text:
                event.current_buffer.insert_text(self.offered)

        return bindings

    def refuse(self, error: ScaffolderError) -> bool:
        """Say why an answer is refused, and return whether there is another one to offer."""
        suggestion = self.acceptable(error)
        hint = f"try `{suggestion}`" if suggestion else error.hint
        self.reason = printable(f"{error.message}; {hint}" if hint else error.message)
        self.offered = suggestion
        return bool(suggestion)

    def acceptable(self, error: ScaffolderError | None) -> str:
        """Return what a refusal suggests, or what the refusal of that suggests, as long as it is accepted."""
        suggestion = ""
        for _ in range(3):
            if error is None:
                return suggestion
            suggestion = (error.suggestion if isinstance(error, InvalidAnswerError) else None) or ""
            error = refusal(suggestion, self.check) if suggestion else error
        return ""


def refusal(answer: Any, check: Callable[[Any], Any]) -> ScaffolderError | None:
    """Return why an answer is refused, if it is."""
    try:
        check(answer)
    except ScaffolderError as error:
        return error
    return None


def ask_choice(label: str, rows: Sequence[Row], chosen: Any = MISSING, explanation: str = "") -> Any:
    """Offer several values to choose one of."""
    import questionary

    choices = menu(rows, MENU_INDENT)
    question = questionary.select(
        label, choices=choices, style=STYLE, pointer=POINTER, erase_when_done=True,
        default=next((choice for choice, (value, _, _) in zip(choices, rows, strict=True) if value == chosen), None),
        instruction=instruction(label, explanation or "arrows choose, Enter goes on"),
    )  # fmt: skip
    return rows[ask(question)][0]


def ask_choices(label: str, rows: Sequence[Row], chosen: Sequence[Any]) -> list[Any]:
    """Offer several values to choose any number of."""
    import questionary

    choices = menu(rows, CHECKBOX_INDENT)
    for choice, (value, _, _) in zip(choices, rows, strict=True):
        choice.checked = value in chosen
    question = questionary.checkbox(
        label, choices=choices, style=STYLE, pointer=POINTER, erase_when_done=True,
        instruction=instruction(label, "Space selects, Enter goes on"),
    )  # fmt: skip
    return [rows[number][0] for number in ask(question)]


def instruction(label: str, text: str) -> str:
    """Return what stands behind a question, wrapped."""
    column = len(f"? {label} ")
    return f"\n{' ' * column}".join(fold(f"({text})", column))


def menu(rows: Sequence[Row], indent: int) -> list[questionary.Choice]:
    """Return names and purposes in columns, by number: questionary takes the value `None` for a missing one."""
    import questionary

    width = max(len(name) for _, name, _ in rows)
    column = indent + width + 2
    choices = []
    for number, (_, name, purpose) in enumerate(rows):
        first, *others = fold(purpose, column)
        title = f"\n{' ' * column}".join([f"{name:<{width}}  {first}".rstrip(), *others])
        choices.append(questionary.Choice(title, number))
    return choices


def ask(question: questionary.Question) -> Any:
    """Ask; unlike in a text, Ctrl-D has no other use here than to stop."""
    bindings = KeyBindings()

    @bindings.add("c-d", eager=True)
    def stop(event: KeyPressEvent) -> None:
        event.app.exit(exception=EOFError)

    application = question.application
    application.key_bindings = merge_key_bindings([*filter(None, [application.key_bindings]), bindings])
    return stop_by_key(question.unsafe_ask)


def stop_by_key(ask: Callable[[], Any]) -> Any:
    """Ask; Ctrl-C or the end of the input stops the command."""
    try:
        return ask()
    except (KeyboardInterrupt, EOFError) as error:
        raise InterruptedRunError from error
