#!/usr/bin/env python3
"""Sends a camera's points to the contest's server over HTTP, one request a point. Run it for a demonstration.

Needs nothing but Python. For more than one or two points a second prefer `opencv_camera_sender_ws`.

    from opencv_camera_sender import CameraSender
    with CameraSender(laptop_id=1, api_url="http://192.168.43.10:8080/detector-getaran") as sender:
        sender.send(dista, distb, is_a_detected, is_b_detected)
"""

from __future__ import annotations

import http.client
import itertools
import sys
import threading
import time
from typing import Any, Callable, Optional
from urllib.parse import urlsplit

from saluran_camera import address
from saluran_camera.http_transport import RECEIVE, HttpTransport, ask, opened
from saluran_camera.point import Lane, Number, measured_now
from saluran_camera.sender import BUFFER_POINTS, Sender, print_stats
from saluran_camera.synthetic import Shaking

# What a measuring function returns: dista, distb in mm, and whether each marker was seen.
Measured = tuple[float, float, bool, bool]


class CameraSender(Sender):
    """The same methods, returns and numbers as `CameraSenderWS`, over HTTP: here every answer is an acknowledgement.

    `api_url` is the server's address up to `/api`; without it the environment's SALURAN_CAMERA_URL counts (a WebSocket
    address will do), then http://localhost:8080/detector-getaran. "discover" asks the network.

    A loss is noticed by the next point, so `connected` may be true for one point too long; that point is delivered all
    the same. `send_data` and `stream_data` bypass the buffer: they ask and wait, as the documented `CameraClient` did.
    """

    def __init__(
        self, laptop_id: Lane, api_url: Optional[str] = None, key: Optional[str] = None, *,
        buffer_limit: int = BUFFER_POINTS,
    ) -> None:
        super().__init__(laptop_id, key, buffer_limit)
        self.api_url = address.chosen(api_url, address.DEFAULT_API_URL)
        self._asking = threading.Lock()
        # Numbers of their own, since they overtake the buffer's points.
        self._direct = f"{self._sender}-direct"
        self._numbers = itertools.count(1)
        self._kept: Optional[http.client.HTTPConnection] = None

    def send_data(
        self, dista: Number, distb: Number, is_a_detected: object = True, is_b_detected: object = True,
    ) -> dict[str, Any]:
        """Sends one point and waits, for five seconds at most. The server's answer, or `{"error": str}`.

        Counts as a success when the server says so.
        """
        try:
            point = measured_now(self.laptop_id, dista, distb, is_a_detected, is_b_detected)
            with self._asking:
                point.seq = next(self._numbers)
                answer = self._ask({**point.fields(), **point.numbering(self._direct)})
        except Exception as error:
            answer = {"error": address.explain(error, address.without_secrets(self.api_url))}
        self._count(answer.get("success") is True)
        return answer

    def stream_data(self, interval: float = 0.5, measure: Optional[Callable[[], Measured]] = None) -> None:
        """Sends what `measure` returns (made-up shaking without it), every `interval` seconds, until Ctrl-C."""
        source: Callable[[], Measured] = measure or Shaking(int(self.laptop_id)).measure
        try:
            while True:
                dista, distb, is_a_detected, is_b_detected = source()
                answer = self.send_data(dista, distb, is_a_detected, is_b_detected)
                print(f"dista={dista:.2f} mm, distb={distb:.2f} mm -> "
                      f"{answer.get('message') or answer.get('error') or answer}", flush=True)
                time.sleep(interval)
        except KeyboardInterrupt:
            print("Stopped")

    def _ask(self, fields: dict[str, Any]) -> dict[str, Any]:
        """On the kept connection, once more on a new one where that was closed while idle: the number allows it."""
        url = address.api_url(self.api_url)
        path = urlsplit(url).path + RECEIVE
        kept, self._kept = self._kept, None
        connection = kept or opened(url)
        try:
            status, _, answer = ask(connection, "POST", path, self._key, fields)
        except (ConnectionError, http.client.HTTPException):
            connection.close()
            if kept is None:
                raise
            return self._ask(fields)
        except OSError:
            connection.close()
            raise
        self._kept = connection
        return answer or {"error": f"HTTP {status} without JSON: see api_url"}

    def disconnect(self) -> None:
        """As in `Sender`; also closes what `send_data` kept open."""
        super().disconnect()
        with self._asking:
            kept, self._kept = self._kept, None
        if kept is not None:
            kept.close()

    def _transport(self) -> HttpTransport:
        return HttpTransport(self._address(), self._key, self._sender, self._buffer)

    def _given_address(self) -> str:
        return self.api_url


def main() -> int:
    """Five points of laptop 1, one a second."""
    with CameraSender(laptop_id=1) as sender:
        if not sender.connected:
            return 1
        for i in range(5):
            dista, distb = 100.5 + i * 10, 200.3 - i * 5
            sent = sender.send(dista, distb, True, True)
            print(f"[{i + 1}] laptop 1: dista={dista:.1f} mm, distb={distb:.1f} mm -> {'OK' if sent else 'FAILED'}",
                  flush=True)
            time.sleep(1)
        print_stats(sender.get_stats())
        return 0 if sender.fail_count == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
