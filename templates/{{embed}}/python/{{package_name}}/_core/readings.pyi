"""
Readings of thermometers.
"""

from typing import final

__all__ = [
    "Reading",
]

@final
class Reading:
    """
    What a thermometer says.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    @property
    def celsius(self, /) -> float:
        """
        The temperature there, in degrees Celsius.
        """
    @staticmethod
    def parse(line: str) -> Reading:
        """
        Read a line such as `cold store 4.5`.

        Raises:
            ReadingError: If the line is not a place and its temperature.
        """
    @property
    def place(self, /) -> str:
        """
        Where it hangs.
        """
