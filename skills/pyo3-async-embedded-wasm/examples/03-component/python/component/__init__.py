"""Run Python scripts of others in a sandbox, as WebAssembly components."""

from component._core import edit_distance
from component.errors import SandboxError, ScriptError, TooLongError
from component.sandbox import Script

__all__ = ["SandboxError", "Script", "ScriptError", "TooLongError", "edit_distance"]
