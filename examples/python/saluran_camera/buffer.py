"""The points that no server has confirmed yet."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Callable, Optional

from saluran_camera.point import OLDEST_SECONDS, Point

# Points written and not yet answered. A point says its age when it is written, so what it then waits behind others is
# how far it stands from where it was measured; 32 are enough for 160 points a second over a network of 200 ms.
WINDOW = 32


class Buffer:
    """Points in order, first those in flight (written, unanswered), then those that wait; bounded.

    When full, the oldest point goes and is counted as dropped: what is on the screens now matters most. Every point
    ever added is exactly one of acknowledged, refused, unconfirmed, dropped or (still) buffered. All threads may call.
    """

    def __init__(self, limit: int) -> None:
        self.limit = max(1, limit)
        self.acknowledged = 0
        self.refused = 0
        self.unconfirmed = 0
        self.dropped = 0
        self.last_refusal: Optional[str] = None
        self._changed = threading.Condition()
        self._waiting: deque[Point] = deque()
        self._flying: deque[Point] = deque()
        self._last_seq = 0
        self._paused_until = 0.0

    def __len__(self) -> int:
        with self._changed:
            return self._count()

    def add(self, point: Point) -> None:
        with self._changed:
            self._waiting.append(point)
            if self._count() > self.limit:
                (self._flying or self._waiting).popleft()
                self.dropped += 1
            self._changed.notify_all()

    def take(self, timeout: float) -> Optional[Point]:
        """The next point to write, numbered and in flight from now on; None when there is none within `timeout`."""
        with self._changed:
            self._drop_too_old()
            if not self._may_take():
                pause = self._paused_until - time.monotonic()
                self._changed.wait(min(timeout, pause) if pause > 0 else timeout)
                if not self._may_take():
                    return None
            point = self._waiting.popleft()
            if point.seq is None:
                self._last_seq += 1
                point.seq = self._last_seq
            self._flying.append(point)
            return point

    def acknowledge(self, seq: int) -> None:
        with self._changed:
            if self._land(seq) is not None:
                self.acknowledged += 1

    def refuse(self, seq: int, reason: str) -> None:
        """The server's last word about a point."""
        with self._changed:
            self.last_refusal = reason
            if self._land(seq) is not None:
                self.refused += 1

    def postpone(self, seq: int, reason: str, pause: float) -> None:
        """The server cannot take the point now. It goes again later, under a new number: the old one stays unused."""
        with self._changed:
            self.last_refusal = reason
            self._paused_until = time.monotonic() + pause
            point = self._land(seq)
            if point is None:
                return
            point.seq = None
            numbered = sum(1 for other in self._waiting if other.seq is not None)
            self._waiting.insert(numbered, point)

    def confirm_nothing(self) -> None:
        """The server answers no point: what is written is gone, and nobody knows whether it arrived."""
        with self._changed:
            self.unconfirmed += len(self._flying)
            self._flying.clear()
            self._changed.notify_all()

    def ground(self) -> None:
        """The connection is lost: what was in flight waits again, in its old order and under its old numbers."""
        with self._changed:
            self._waiting.extendleft(reversed(self._flying))
            self._flying.clear()
            self._changed.notify_all()

    def wake(self) -> None:
        """Lets `take` and `wait_for` look again."""
        with self._changed:
            self._changed.notify_all()

    def wait_for(self, condition: Callable[[], bool], timeout: float) -> bool:
        with self._changed:
            return self._changed.wait_for(condition, timeout)

    def is_empty(self) -> bool:
        """For `wait_for`: takes no lock."""
        return self._count() == 0

    def in_flight(self) -> int:
        return len(self._flying)

    def _count(self) -> int:
        return len(self._waiting) + len(self._flying)

    def _may_take(self) -> bool:
        return bool(self._waiting) and len(self._flying) < WINDOW and time.monotonic() >= self._paused_until

    def _drop_too_old(self) -> None:
        while self._waiting and self._waiting[0].age() > OLDEST_SECONDS:
            self._waiting.popleft()
            self.dropped += 1

    def _land(self, seq: int) -> Optional[Point]:
        """Answers come in the order of the points, so the search ends at once but for a lost answer."""
        for index, point in enumerate(self._flying):
            if point.seq == seq:
                del self._flying[index]
                self._changed.notify_all()
                return point
        return None
