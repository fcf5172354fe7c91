"""Heights of the tide."""


def height(hour: int) -> int:
    """Return the height in centimetres."""
    return 100 + (hour * 37) % 90
