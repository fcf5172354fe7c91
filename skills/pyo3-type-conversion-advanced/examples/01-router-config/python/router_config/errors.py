"""The exception of the package, which Rust raises, too."""


class ConfigError(ValueError):
    """A configuration that can't be used."""

    def __init__(self, problems: list[str]) -> None:
        """Take what is wrong, each with its place."""
        super().__init__(problems)
        self.problems = problems

    def __str__(self) -> str:
        """Return all problems, one below the other."""
        return "\n".join(self.problems)
