#!/usr/bin/env python3
"""Sends points of one lane over HTTP, listens on the gateway's WebSocket, and compares: do they reach the screens?

Counts this lane's points only, so that other cameras do not make up for lost ones.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
from typing import Any

import websocket

from opencv_camera_sender import CameraSender
from saluran_camera import address
from saluran_camera.synthetic import Shaking
from saluran_camera.websocket_transport import connected_socket

# How long the last broadcasts may take.
SETTLE_SECONDS = 2.0
GRADES = ((95.0, "EXCELLENT"), (80.0, "GOOD"), (50.0, "WARNING"), (0.0, "CRITICAL"))


class Monitor:
    """Counts the broadcast points of one lane."""

    def __init__(self, url: str, laptop_id: int) -> None:
        self.broadcasts = 0
        self._laptop_id = laptop_id
        self._ws = websocket.create_connection(url, timeout=1, socket=connected_socket(url), suppress_origin=True)
        self._ending = False
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._ending = True
        self._thread.join(3)
        self._ws.close()

    def _listen(self) -> None:
        while not self._ending:
            try:
                text = self._ws.recv()
            except websocket.WebSocketTimeoutException:
                continue
            except (OSError, websocket.WebSocketException) as error:
                if not self._ending:
                    print(f"The monitor lost its connection: {error}", file=sys.stderr)
                return
            try:
                self.broadcasts += own_points(json.loads(text), self._laptop_id)
            except ValueError:
                continue


def own_points(message: Any, laptop_id: int) -> int:
    """How many of a `new_data`'s items are this lane's."""
    if not isinstance(message, dict) or message.get("type") != "new_data":
        return 0
    items = message.get("data")
    return sum(1 for item in items if isinstance(item, dict) and item.get("laptop_id") == laptop_id) if (
        isinstance(items, list)) else 0


def describe(answer: dict[str, Any]) -> str:
    """A line for each answer, also those without `data`: the closed valve, errors, and free mode's nulls."""
    if answer.get("success") is not True:
        return f"not stored: {answer.get('message') or answer.get('error')}"
    data = answer.get("data") or {}
    relative = data.get("relative_time")
    place = f"session {data.get('session_id')} at {relative} s" if relative is not None else "free mode"
    return f"stored ({place})"


def grade(ratio: float) -> str:
    return next(name for least, name in GRADES if ratio >= least)


def run(sender: CameraSender, monitor: Monitor, duration: float, interval: float) -> int:
    """Sends for a while; the number of points that the server stored."""
    shaking = Shaking(int(sender.laptop_id))
    ends = time.monotonic() + duration
    stored = 0
    try:
        while time.monotonic() < ends:
            dista, distb, is_a_detected, is_b_detected = shaking.measure()
            answer = sender.send_data(dista, distb, is_a_detected, is_b_detected)
            stored += answer.get("success") is True
            print(f"distb={distb:8.2f} mm  {describe(answer)}  [{monitor.broadcasts}/{stored} shown]", flush=True)
            time.sleep(interval)
    except KeyboardInterrupt:
        print("Stopped")
    deadline = time.monotonic() + SETTLE_SECONDS
    while monitor.broadcasts < stored and time.monotonic() < deadline:
        time.sleep(0.05)
    return stored


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("laptop_id", type=int, choices=range(1, 9), help="the lane, 1 to 8")
    parser.add_argument("-d", "--duration", type=float, default=60.0, help="seconds (default: %(default)s)")
    parser.add_argument("-i", "--interval", type=float, default=0.5, help="seconds a point (default: %(default)s)")
    parser.add_argument("--api", help="the HTTP address (default: SALURAN_CAMERA_URL, else localhost)")
    parser.add_argument("--ws", help="the WebSocket address (default: the same server)")
    options = parser.parse_args()
    given = address.chosen(options.ws or options.api, address.DEFAULT_WS_URL)
    try:
        url = address.camera_url(given)
        if options.ws is None:
            url = address.root_of(url)
        monitor = Monitor(url, options.laptop_id)
    except (OSError, ValueError, websocket.WebSocketException) as error:
        print(f"camera_with_monitor: {address.explain(error, address.without_secrets(given))}", file=sys.stderr)
        return 1
    sender = CameraSender(options.laptop_id, options.api or address.root_of(url))
    stored = run(sender, monitor, options.duration, options.interval)
    monitor.close()
    sender.disconnect()
    ratio = monitor.broadcasts / stored * 100 if stored else 0.0
    print(f"Sent {sender.success_count + sender.fail_count}, stored {stored}, shown {monitor.broadcasts} "
          f"({ratio:.1f}%): {grade(ratio) if stored else 'NOTHING STORED'}")
    return 0 if ratio >= GRADES[1][0] else 1


if __name__ == "__main__":
    sys.exit(main())
