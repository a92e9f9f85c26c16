"""One measured point, checked where the camera program hands it over."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any, Optional, SupportsFloat, SupportsInt, Union

# Plain numbers, numpy scalars, and what the first sender took: text that is a number.
Number = Union[SupportsFloat, str]
Lane = Union[SupportsInt, str]

# The server takes points up to 300 s old; a second of that is for writing them.
OLDEST_SECONDS = 299.0
# Younger points are live: the server's own clock dates them better than two clocks' difference.
LIVE_MS = 100


class NotFinite(ValueError):
    """NaN or infinity: JSON has no such numbers, and no displacement is one."""


@dataclass
class Point:
    """Displacements in mm, and when they were measured on this machine's monotonic clock, which nobody sets."""

    laptop_id: int
    dista: float
    distb: float
    is_a_detected: bool
    is_b_detected: bool
    measured: float
    # Given when first written, kept when written again: by it the server knows what it has.
    seq: Optional[int] = None

    def age(self) -> float:
        """Seconds since it was measured."""
        return time.monotonic() - self.measured

    def fields(self) -> dict[str, Any]:
        """The five fields every server knows, as JSON's own types."""
        return {
            "laptop_id": self.laptop_id,
            "dista": self.dista,
            "distb": self.distb,
            "is_a_detected": self.is_a_detected,
            "is_b_detected": self.is_b_detected,
        }

    def numbering(self, sender: str) -> dict[str, Any]:
        """What makes writing a point twice harmless, and dates one that waited."""
        age_ms = int(self.age() * 1000)
        fields: dict[str, Any] = {"seq": self.seq, "sender": sender}
        if age_ms >= LIVE_MS:
            fields["age_ms"] = age_ms
        return fields


def measured_now(laptop_id: Lane, dista: Number, distb: Number, is_a_detected: object, is_b_detected: object) -> Point:
    """Raises `NotFinite`, or what `int()` and `float()` raise."""
    point = Point(
        int(laptop_id), float(dista), float(distb), bool(is_a_detected), bool(is_b_detected), time.monotonic())
    for name, value in (("dista", point.dista), ("distb", point.distb)):
        if not math.isfinite(value):
            raise NotFinite(f"{name} is {value}: not a displacement. Skip the frame, or send the last good value")
    return point
