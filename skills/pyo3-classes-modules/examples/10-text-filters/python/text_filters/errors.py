"""The exceptions of the package; those that Rust raises, too."""


class PluginError(Exception):
    """The base of all exceptions that are the package's own."""


class ContractError(PluginError, TypeError):
    """A plugin lacks a part of the contract."""


class VersionError(PluginError, ValueError):
    """A plugin was made for a version of the contract that is not supported."""


class DuplicateError(PluginError, ValueError):
    """Another filter has the name already."""


class GenerationError(PluginError, RuntimeError):
    """The process of a filter has ended, or did not answer in time."""
