"""The exceptions of the package; those that Rust raises, too."""


class LedgerError(Exception):
    """The base of all exceptions that are the package's own."""


class UnknownCurrencyError(LedgerError, ValueError):
    """There is no currency with this code."""


class CurrencyMismatchError(LedgerError, ValueError):
    """Amounts in different currencies can't be added or compared."""


class DuplicateAccountError(LedgerError, ValueError):
    """Two accounts of a journal have one name."""


class UnknownAccountError(LedgerError, KeyError):
    """An account is not in the journal; the argument is its name."""


class OverdrawnError(LedgerError, ValueError):
    """An account would pay more than it may."""
