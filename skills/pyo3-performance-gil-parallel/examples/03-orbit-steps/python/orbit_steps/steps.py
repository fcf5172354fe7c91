"""What people call: any arrays, made into those that Rust takes."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from orbit_steps import _core

NEWTON = 6.6743e-11  # m³/(kg s²)


def accelerate(
    masses: ArrayLike,
    positions: ArrayLike,
    *,
    gravity: float = NEWTON,
    softening: float = 0.0,
    threads: int | None = None,
) -> NDArray[np.float64]:
    """Compute the accelerations of bodies that attract each other.

    Args:
        masses: In kilograms, of shape (bodies,).
        positions: In metres, of shape (bodies, 3). Bodies at the same place don't attract each other.
        gravity: The constant of gravitation; another one for other units.
        softening: A length, below which bodies attract each other less.
        threads: How many threads compute; if not given, as many as there are cores for this process, or one for a few
            bodies.

    Returns:
        In metres per square second, of shape (bodies, 3); the same to the last bit with any number of threads.

    Raises:
        ValueError: If a shape or value is not possible.
        FloatingPointError: If bodies are so close that the result is not finite.
    """
    return _core.accelerate(_as_array(masses), _as_array(positions), gravity, softening, threads)


def advance(  # noqa: PLR0913  all but three are keywords
    masses: ArrayLike,
    positions: ArrayLike,
    velocities: ArrayLike,
    *,
    seconds: float,
    steps: int = 1,
    gravity: float = NEWTON,
    softening: float = 0.0,
    threads: int | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Move bodies that attract each other, by leapfrog steps. The arrays stay as they are.

    Args:
        masses: As for `accelerate`.
        positions: As for `accelerate`.
        velocities: In metres per second, of shape (bodies, 3).
        seconds: How long a step is.
        steps: How many steps there are.
        gravity: As for `accelerate`.
        softening: As for `accelerate`.
        threads: As for `accelerate`.

    Returns:
        The new positions and velocities.

    Raises:
        ValueError: If a shape or value is not possible.
        FloatingPointError: If bodies come so close that the result is not finite.
        KeyboardInterrupt: At Ctrl-C, in the main thread.
    """
    arrays = _as_array(masses), _as_array(positions), _as_array(velocities)
    return _core.advance(*arrays, seconds, steps, gravity, softening, threads)


def _as_array(values: ArrayLike) -> NDArray[np.float64]:
    # Aligned and in this machine's byte order, as Rust wants it; an array that is so already is not copied.
    return np.require(values, np.float64, ["ALIGNED"])
