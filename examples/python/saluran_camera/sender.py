"""What both senders share: the video loop's side, which checks, counts and never waits for the network."""

from __future__ import annotations

import secrets
import sys
import threading
import time
import weakref
from types import TracebackType
from typing import Callable, Optional, TypedDict, TypeVar

from saluran_camera.address import chosen_key, without_secrets
from saluran_camera.buffer import Buffer
from saluran_camera.link import Link, Transport
from saluran_camera.point import Lane, NotFinite, Number, measured_now

# 30 points a second for five minutes, which is as old as the server takes them.
BUFFER_POINTS = 10_000
# How long connecting may take: discovery, then the connection itself.
CONNECT_SECONDS = 9.0
FLUSH_SECONDS = 2.0
# A video loop repeats its mistake thirty times a second; saying it once is enough.
COMPLAINT_SECONDS = 1.0

Self = TypeVar("Self", bound="Sender")


class Stats(TypedDict):
    """See `CameraSenderWS` for what each number means."""

    success: int
    failed: int
    total: int
    success_rate: float
    connected: bool
    acknowledged: int
    refused: int
    unconfirmed: int
    buffered: int
    dropped: int
    reconnects: int
    last_refusal: Optional[str]


class Sender:
    """Points of one camera, on their way through a bounded buffer and a link that comes back by itself."""

    def __init__(self, laptop_id: Lane, key: Optional[str], buffer_limit: int) -> None:
        self.laptop_id = laptop_id
        self.success_count = 0
        self.fail_count = 0
        self._key = chosen_key(key)
        self._sender = secrets.token_hex(8)
        self._buffer = Buffer(buffer_limit)
        self._link: Optional[Link] = None
        self._last_resort: Optional[weakref.finalize[..., Sender]] = None
        self._reconnects = 0
        # Two locks: counting must never wait for somebody who connects.
        self._counting = threading.Lock()
        self._connecting = threading.RLock()
        self._complained = -COMPLAINT_SECONDS

    @property
    def connected(self) -> bool:
        """Whether there is a connection at this moment."""
        link = self._link
        return link is not None and link.connected

    def connect(self) -> bool:
        """Connects, in bounded time, and stays so: after this, lost connections come back by themselves.

        False when the server was not reached; it goes on trying, and keeps what is sent meanwhile. Never raises.
        """
        with self._connecting:
            link = self._link
            if link is not None and link.connected:
                return True
            print(f"Connecting to {without_secrets(self._given_address())} ...")
            attempts = 0
            if link is None:
                link = self._link = Link(self._buffer, self._transport())
                # At the interpreter's end, and for a sender that nobody holds any more.
                self._last_resort = weakref.finalize(self, link.close, FLUSH_SECONDS)
            else:
                attempts = link.attempts
                link.try_at_once()
            if link.wait_for_attempt(attempts, CONNECT_SECONDS):
                print(f"Connected to {link.address} (laptop {self.laptop_id})")
                return True
            print(f"Connection failed: {link.cause or 'no answer yet'}")
            print("Trying again in the background; points sent meanwhile are kept.")
            return False

    def disconnect(self) -> None:
        """Delivers what is buffered, for two seconds at most, and closes. Safe to call twice.

        What could not be delivered is kept: `connect()` again, and it goes out with its age.
        """
        with self._connecting:
            link, self._link = self._link, None
            if link is None:
                return
            if self._last_resort is not None:
                self._last_resort.detach()
            link.close(FLUSH_SECONDS)
            self._reconnects += link.reconnects
            left = len(self._buffer)
            print("Connection closed" if not left else f"Connection closed; {left} points not delivered yet")

    def send(self, dista: Number, distb: Number, is_a_detected: object, is_b_detected: object) -> bool:
        """Hands a point over, in mm. Returns at once, and never raises.

        True: taken while connected. False, and `fail_count` one higher: not connected (the point is kept and delivered
        later, once `connect()` was called), or no point at all (said why, not kept).
        """
        link = self._link
        if link is None:
            print("Not connected. Call connect() first!")
            return self._count(False)
        try:
            point = measured_now(self.laptop_id, dista, distb, is_a_detected, is_b_detected)
        except NotFinite as error:
            self._complain(f"Point refused: {error}.")
            return self._count(False)
        except Exception as error:
            self._complain(f"Point refused: {type(error).__name__}: {error}.")
            return self._count(False)
        connected = link.connected
        self._buffer.add(point)
        return self._count(connected)

    def get_stats(self) -> Stats:
        """The five numbers of old, and what became of the points. See the class."""
        with self._counting:
            success, failed = self.success_count, self.fail_count
        total = success + failed
        link = self._link
        return {
            "success": success,
            "failed": failed,
            "total": total,
            "success_rate": success / total * 100 if total else 0.0,
            "connected": self.connected,
            "acknowledged": self._buffer.acknowledged,
            "refused": self._buffer.refused,
            "unconfirmed": self._buffer.unconfirmed,
            "buffered": len(self._buffer),
            "dropped": self._buffer.dropped,
            "reconnects": self._reconnects + (link.reconnects if link is not None else 0),
            "last_refusal": self._buffer.last_refusal,
        }

    def __enter__(self: Self) -> Self:
        self.connect()
        return self

    def __exit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType],
    ) -> None:
        self.disconnect()

    def _transport(self) -> Transport:
        raise NotImplementedError

    def _given_address(self) -> str:
        raise NotImplementedError

    def _address(self) -> Callable[[], str]:
        """For the transport, which asks at each attempt: a program may correct the attribute while the link tries.

        It holds the sender weakly, or the link's thread would keep a forgotten sender alive.
        """
        held = weakref.ref(self)
        given = self._given_address()

        def address() -> str:
            sender = held()
            return sender._given_address() if sender is not None else given

        return address

    def _count(self, success: bool) -> bool:
        with self._counting:
            if success:
                self.success_count += 1
            else:
                self.fail_count += 1
        return success

    def _complain(self, text: str) -> None:
        now = time.monotonic()
        if now - self._complained >= COMPLAINT_SECONDS:
            self._complained = now
            print(text)


def print_stats(stats: Stats) -> None:
    """The block the users know (total, successes, failures, state), and under it what became of the points."""
    print("-" * 40)
    print(f"Total    : {stats['total']}")
    print(f"Sukses   : {stats['success']} ({stats['success_rate']:.1f}%)")
    print(f"Gagal    : {stats['failed']}")
    print(f"Status   : {'Connected' if stats['connected'] else 'Disconnected'}")
    print(f"Server   : {stats['acknowledged']} stored (tersimpan), {stats['refused']} refused (ditolak), "
          f"{stats['unconfirmed']} without an answer (tanpa jawaban)")
    if stats["buffered"] or stats["dropped"]:
        print(f"Buffer   : {stats['buffered']} waiting (menunggu), {stats['dropped']} dropped (terbuang)")
    if stats["last_refusal"]:
        print(f"Refusal  : {stats['last_refusal']}")
    print("-" * 40)
    sys.stdout.flush()
