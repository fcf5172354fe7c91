"""Move bodies that attract each other, on all cores."""

from orbit_steps.steps import accelerate, advance

__all__ = ["accelerate", "advance"]
