"""The same as it is written with NumPy, and bodies to try it on."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def numpy_accelerate(masses: Array, positions: Array, gravity: float = 1.0, softening: float = 0.0) -> Array:
    """Compute all pairs at once, in arrays of shape (bodies, bodies, 3)."""
    distances = positions[None] - positions[:, None]
    squares = np.einsum("ijk,ijk->ij", distances, distances) + softening**2
    with np.errstate(divide="ignore", invalid="ignore"):
        scales = np.where(squares > 0, masses / (squares * np.sqrt(squares)), 0)
    result: Array = gravity * np.einsum("ij,ijk->ik", scales, distances)
    return result


def numpy_advance(masses: Array, positions: Array, velocities: Array, *, seconds: float, steps: int) -> Any:
    """Move bodies as `advance` does."""
    accelerations = numpy_accelerate(masses, positions)
    for _ in range(steps):
        velocities = velocities + accelerations * seconds / 2
        positions = positions + velocities * seconds
        accelerations = numpy_accelerate(masses, positions)
        velocities = velocities + accelerations * seconds / 2
    return positions, velocities


def make_cluster(bodies: int, seed: int = 1) -> tuple[Array, Array, Array]:
    """Make bodies that move about at random."""
    dice = np.random.default_rng(seed)
    return dice.random(bodies), dice.normal(size=(bodies, 3)), dice.normal(size=(bodies, 3)) / 10
