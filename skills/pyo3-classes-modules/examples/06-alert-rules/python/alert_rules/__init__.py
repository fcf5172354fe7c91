"""Alert rules: read a file of them, and ask which ones fire."""

from alert_rules._core import Rules, check
from alert_rules.errors import (
    DuplicateRuleError,
    MissingSampleError,
    RuleError,
    RuleFileError,
    RuleSyntaxError,
    ThresholdError,
)
from alert_rules.files import read_rules

__all__ = [
    "DuplicateRuleError",
    "MissingSampleError",
    "RuleError",
    "RuleFileError",
    "RuleSyntaxError",
    "Rules",
    "ThresholdError",
    "check",
    "read_rules",
]
