"""Where users import the classes of the chapter on pickling from, and where pickle looks for them."""

from classes_snippets._core import pickling as _pickling

Bottle = _pickling.Bottle
Chart = _pickling.Chart
Counter = _pickling.Counter
Dose = _pickling.Dose
Event = _pickling.Event
Key = _pickling.Key
Label = _pickling.Label
Order = _pickling.Order
Pack = _pickling.Pack
Room = _pickling.Room
Route = _pickling.Route
Scale = _pickling.Scale
Storage = _pickling.Storage
Ward = _pickling.Ward


# region: error
class OutOfStockError(Exception):
    """There are too few packs."""

    def __init__(self, medicine: str, packs: int) -> None:
        """Say which medicine, and how many packs there are."""
        # All arguments: an exception is unpickled by a call with `args`.
        super().__init__(medicine, packs)
        self.medicine = medicine
        self.packs = packs

    def __str__(self) -> str:
        """Return a sentence for users."""
        return f"only {self.packs} packs of {self.medicine} are left"


# endregion: error
