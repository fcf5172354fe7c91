"""What a program wrote to a terminal, as events."""

from terminal_events._core import Area, Control, Decoder, Direction, Event, Part

__all__ = ["Area", "Control", "Decoder", "Direction", "Event", "Part"]
