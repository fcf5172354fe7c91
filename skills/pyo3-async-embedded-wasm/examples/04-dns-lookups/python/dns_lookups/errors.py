"""The exceptions of the package; those that Rust raises, too."""


class DnsError(Exception):
    """The base of all exceptions that are the package's own."""


class NameNotFoundError(DnsError, LookupError):
    """There is no such host, or it has no such address."""


class NoReplyError(DnsError, TimeoutError):
    """The server did not reply in time, however often it was asked."""


class ServerError(DnsError):
    """The server can't or won't answer, or its reply can't be read."""


class ClosedError(DnsError, RuntimeError):
    """Work can't be done: Python shuts down, or the process was forked."""
