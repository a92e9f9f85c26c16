"""Made-up shaking, where there is no camera: a sine of the table's frequency, with noise."""

from __future__ import annotations

import math
import random
import time

# Of the contest's markers: the higher the lane, the weaker its building.
BASE_MM = 50.0
STEP_MM = 10.0
LIMIT_MM = 500.0


class Shaking:
    """One building on the table. Displacements are signed, in mm; floor 10 moves more than floor 3."""

    def __init__(self, laptop_id: int, frequency: float = 1.5, seed: int | None = None) -> None:
        self.amplitude = BASE_MM + STEP_MM * laptop_id
        self.frequency = frequency
        self.started = time.monotonic()
        self._random = random.Random(seed)

    def at(self, seconds: float) -> tuple[float, float]:
        """`dista` and `distb` at this time of the run."""
        swing = math.sin(2 * math.pi * self.frequency * seconds)
        return self._noisy(self.amplitude * 0.6 * swing), self._noisy(self.amplitude * swing)

    def measure(self) -> tuple[float, float, bool, bool]:
        """Now, with both markers seen."""
        dista, distb = self.at(time.monotonic() - self.started)
        return dista, distb, True, True

    def _noisy(self, value: float) -> float:
        return round(max(-LIMIT_MM, min(LIMIT_MM, value * self._random.uniform(0.9, 1.1))), 3)
