"""The background thread between a sender's buffer and the server."""

from __future__ import annotations

import random
import threading
import time
from typing import Optional, Protocol

from saluran_camera.buffer import Buffer
from saluran_camera.point import Point

# How often a link with nothing to write looks after its connection.
TICK_SECONDS = 0.5
# Waits between attempts: doubling, each shortened at random so that eight cameras do not come back at once.
FIRST_WAIT_SECONDS = 0.25
LONGEST_WAIT_SECONDS = 3.0
# How long closing waits for the thread before and after it tears the socket away.
JOIN_SECONDS = 1.0


class Lost(Exception):
    """The connection is of no use any more; the text says why, for people."""


class Transport(Protocol):
    """One way to a server. Called from the link's thread, but for `abort` and `hurry`."""

    def open(self) -> str:
        """Connects, in bounded time. Returns the address for people; raises `Lost` with cause and remedy."""

    def deliver(self, point: Point) -> None:
        """Writes a point, in bounded time; raises `Lost`."""

    def tick(self) -> None:
        """Looks after the connection; raises `Lost`."""

    def close(self) -> None:
        """Says goodbye, in bounded time; never raises."""

    def hurry(self) -> None:
        """The sender is closing: settle what can be settled soon."""

    def abort(self) -> None:
        """Ends whatever blocks in another thread; never raises."""


class Link:
    """Keeps a transport open for ever and writes the buffer's points to it, until `close`."""

    def __init__(self, buffer: Buffer, transport: Transport) -> None:
        self.buffer = buffer
        self.transport = transport
        self.connected = False
        self.reconnects = 0
        self.attempts = 0
        self.address = ""
        self.cause = ""
        self._stopping = False
        self._at_once = threading.Event()
        self._thread = threading.Thread(target=self._run, name="saluran-camera", daemon=True)
        self._thread.start()

    def wait_for_attempt(self, attempts: int, timeout: float) -> bool:
        """Whether it is connected, once more than `attempts` were made or the time is over."""
        self.buffer.wait_for(lambda: self.connected or self.attempts > attempts, timeout)
        return self.connected

    def try_at_once(self) -> None:
        """Cuts the wait for the next attempt short."""
        self._at_once.set()

    def close(self, flush_seconds: float) -> None:
        """Waits a while for the buffer to empty, if there is a connection to empty it into; then ends the thread."""
        if threading.current_thread() is self._thread:
            # A forgotten sender may be collected in any thread; this one cannot wait for itself.
            self._stopping = True
            return
        if self.connected:
            self.transport.hurry()
            self.buffer.wait_for(lambda: not self.connected or self.buffer.is_empty(), flush_seconds)
        self._stopping = True
        self._at_once.set()
        self.buffer.wake()
        self._thread.join(JOIN_SECONDS)
        if self._thread.is_alive():
            self.transport.abort()
            self._thread.join(JOIN_SECONDS)
        # A thread that is still looking up a name sees `_stopping` when that ends, and touches nothing.
        self.connected = False

    def _run(self) -> None:
        wait = FIRST_WAIT_SECONDS
        lost_at: Optional[float] = None
        while not self._stopping:
            if self._attempt():
                self._welcome(lost_at)
                wait = FIRST_WAIT_SECONDS
                self._serve()
                lost_at = time.monotonic()
                if not self._stopping:
                    print(f"Connection lost: {self.cause}. Trying again; points are kept meanwhile.")
            if not self._stopping:
                self._at_once.wait(wait * random.uniform(0.5, 1.0))
                self._at_once.clear()
                wait = min(wait * 2, LONGEST_WAIT_SECONDS)

    def _attempt(self) -> bool:
        try:
            self.address = self.transport.open()
            opened = True
        except Lost as error:
            self.cause = str(error)
            opened = False
        except Exception as error:  # A camera must not fall silent for want of a cause that was foreseen.
            self.cause = f"{type(error).__name__}: {error}"
            opened = False
        if opened and self._stopping:
            self.transport.close()
            return False
        self.connected = opened
        self.attempts += 1
        self.buffer.wake()
        return opened

    def _welcome(self, lost_at: Optional[float]) -> None:
        if lost_at is not None:
            self.reconnects += 1
            away = time.monotonic() - lost_at
            print(f"Connected again to {self.address} after {away:.1f} s; {len(self.buffer)} points to deliver.")

    def _serve(self) -> None:
        try:
            while not self._stopping:
                point = self.buffer.take(TICK_SECONDS)
                if point is not None:
                    self.transport.deliver(point)
                self.transport.tick()
        except Lost as error:
            self.cause = str(error)
        except Exception as error:
            self.cause = f"{type(error).__name__}: {error}"
        finally:
            self.connected = False
            self.transport.close()
            self.buffer.ground()
