#!/usr/bin/env python3
"""Sends a camera's points to the contest's server over WebSocket. Run it for a demonstration.

    from opencv_camera_sender_ws import CameraSenderWS
    with CameraSenderWS(laptop_id=1, ws_url="ws://192.168.43.10:8080") as sender:
        sender.send(dista, distb, is_a_detected, is_b_detected)
"""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Any, Optional

from saluran_camera import address
from saluran_camera.point import Lane
from saluran_camera.sender import BUFFER_POINTS, Sender, print_stats

try:
    from saluran_camera.websocket_transport import Inbox, WebSocketTransport
except ImportError as missing:
    raise ImportError(f"{missing}: run `pip install websocket-client`") from missing

if TYPE_CHECKING:
    import websocket


class CameraSenderWS(Sender):
    """One camera's points, over a WebSocket that comes back by itself. All methods may be called from any thread.

    `laptop_id` is the lane, 1 to 8. `ws_url` is the server's address; without it the environment's SALURAN_CAMERA_URL
    counts, then ws://localhost:8080. "discover" in either place asks the network. `key` (or SALURAN_CAMERA_KEY) is the
    lane's key, where the server asks for one. `buffer_limit` bounds the points that wait for a server.

    `send` only puts a point into the buffer; a background thread writes. What `get_stats` counts:

    success       points handed over while connected (`success_count`). As always, this is not yet "stored"
    failed        `send` returned False (`fail_count`). Points sent during a loss are among these, and still delivered
    total, success_rate, connected   as their names say; the rate is in percent, 0 before the first point
    acknowledged  the server has the point on disk. The number that counts
    refused       the server said no for good; `last_refusal` says why: realtime_off (the judge's toggle), invalid,
                  too_late, key. Points refused as busy or store_full are sent again instead
    unconfirmed   written to a server that never acknowledges, an old one: nobody knows what became of them
    buffered      not answered yet: waiting for the network, or on their way. Delivered later with their true age
    dropped       lost here: the oldest, when more than `buffer_limit` waited or one waited for over five minutes
    reconnects    connections that came back by themselves

    Every point that was a point is in one of acknowledged, refused, unconfirmed, buffered, dropped.
    """

    def __init__(
        self, laptop_id: Lane, ws_url: Optional[str] = None, key: Optional[str] = None, *,
        buffer_limit: int = BUFFER_POINTS,
    ) -> None:
        super().__init__(laptop_id, key, buffer_limit)
        self.ws_url = address.chosen(ws_url, address.DEFAULT_WS_URL)
        self._inbox = Inbox()

    @property
    def ws(self) -> Optional[websocket.WebSocket]:
        """The library's socket, None until connected. A background thread reads it: use `receive_response`."""
        link = self._link
        transport = link.transport if link is not None else None
        return transport.ws if isinstance(transport, WebSocketTransport) else None

    def receive_response(self, timeout: float = 1) -> Optional[dict[str, Any]]:
        """The next frame that is no acknowledgement; None when none comes in time or it is no JSON object."""
        if self._link is None:
            return None
        text = self._inbox.get(timeout)
        try:
            frame = json.loads(text) if text is not None else None
        except ValueError:
            return None
        return frame if isinstance(frame, dict) else None

    def _transport(self) -> WebSocketTransport:
        return WebSocketTransport(self._address(), self._key, self._sender, self._buffer, self._inbox)

    def _given_address(self) -> str:
        return self.ws_url


def main() -> int:
    """Five points of laptop 1 at 2 Hz, then three of laptop 2."""
    sender = CameraSenderWS(laptop_id=1)
    if not sender.connect():
        return 1
    for i in range(5):
        dista, distb = 100.5 + i * 10, 200.3 - i * 5
        report(i + 1, sender, dista, distb)
        time.sleep(0.5)
    settle(sender)
    print_stats(sender.get_stats())
    sender.disconnect()
    with CameraSenderWS(laptop_id=2) as second:
        for i in range(3):
            report(i + 1, second, 50.0 + i * 5, 75.0 + i * 5)
            time.sleep(0.5)
        settle(second)
        print_stats(second.get_stats())
    return 0 if sender.fail_count + second.fail_count == 0 else 1


def report(number: int, sender: CameraSenderWS, dista: float, distb: float) -> None:
    sent = sender.send(dista, distb, True, True)
    print(f"[{number}] laptop {sender.laptop_id}: dista={dista:.1f} mm, distb={distb:.1f} mm "
          f"-> {'OK' if sent else 'FAILED'}", flush=True)


def settle(sender: CameraSenderWS) -> None:
    """Waits a moment for the last answers, so that the numbers shown are whole."""
    deadline = time.monotonic() + 1
    while sender.get_stats()["buffered"] and time.monotonic() < deadline:
        time.sleep(0.02)


if __name__ == "__main__":
    sys.exit(main())
