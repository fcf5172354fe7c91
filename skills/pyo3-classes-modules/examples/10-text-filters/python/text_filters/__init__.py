"""Text filters, plugins that add more of them, and pipelines that run them.

Packages offer filters by entry points in the group that `GROUP` names.
"""

from text_filters._core import API_VERSION, Pipeline, Plugin, Problem, Reason
from text_filters.errors import ContractError, DuplicateError, GenerationError, PluginError, VersionError
from text_filters.hot import HotFilter
from text_filters.registry import GROUP, Filter, Registry, read_disabled

__all__ = [
    "API_VERSION",
    "GROUP",
    "ContractError",
    "DuplicateError",
    "Filter",
    "GenerationError",
    "HotFilter",
    "Pipeline",
    "Plugin",
    "PluginError",
    "Problem",
    "Reason",
    "Registry",
    "VersionError",
    "read_disabled",
]
