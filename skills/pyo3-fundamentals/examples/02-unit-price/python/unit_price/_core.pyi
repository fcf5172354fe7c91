from collections.abc import Callable

# region: exceptions
class PriceError(Exception): ...

class DiscountError(PriceError):
    code: str
    required: int
    quantity: int

class UnknownItemError(PriceError):
    item: str

# endregion: exceptions

def parse_price(text: str, /) -> int: ...
def quote(look_up: Callable[[str], str], item: str, quantity: int = 1, *, code: str | None = None) -> int: ...
