from typing import Any, final

from router_config.model import Config, Decision

__all__ = ["Router"]

@final
class Router:
    def __new__(cls, config: Config | dict[str, Any]) -> Router: ...
    def to_dict(self) -> dict[str, Any]: ...
    def find(self, method: str, host: str, path: str) -> Decision | None: ...
