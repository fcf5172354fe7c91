"""Open the vent when it is hot."""

# region: script
import greenhouse
from greenhouse import Greenhouse

if greenhouse.API < 2:
    raise SystemExit("ventilation.py needs a greenhouse with API 2 or newer")


def setup(house: Greenhouse) -> None:
    """Listen to the temperature."""

    @house.on_temperature
    def ventilate(temperature: float) -> None:
        house.vent = 0.5 if temperature > 25 else 0.0


# endregion: script
