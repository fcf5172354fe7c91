"""The exceptions of the package; those that Rust raises, too."""


class SandboxError(Exception):
    """The base of all exceptions that are the package's own."""


class TooLongError(SandboxError, ValueError):
    """A word is too long to be compared."""


class ScriptError(SandboxError, RuntimeError):
    """A script failed, or took more time or memory than it may."""
