"""A page of the contest over a plain WebSocket: Pusher's protocol, a bearer token, and what was missed by number."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import requests
import websocket

from broker_process import DEADLINE
from contest_broker import LANES, Contest


class Page(threading.Thread):
    """Hears the session and all lanes of a category, reconnects for ever, and asks for what it has missed.

    What arrives over the socket and what is asked for meet in one table by `serial`, as on the pages of the browser.
    """

    def __init__(self, contest: Contest, port: int | None = None, category: str = "baja") -> None:
        super().__init__(daemon=True)
        self.contest = contest
        self.port = port or contest.port
        self.channels = ["private-session", *(f"private-measurements.{category}.{lane}" for lane in LANES)]
        self.category = category
        self.points: dict[int, tuple[int, float]] = {}
        # Serials in the order in which the socket brought them, with the time on this machine's clock in milliseconds.
        self.pushed: list[tuple[int, float]] = []
        self.state: dict[str, Any] | None = None
        self.sessions: list[str] = []
        self.connections = 0
        self.complete = threading.Event()
        self.fault: BaseException | None = None
        self._ending = threading.Event()

    def __enter__(self) -> Page:
        self.start()
        assert self.complete.wait(DEADLINE), f"the page did not fill: {self.fault}"
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._ending.set()
        self.join(DEADLINE)

    def run(self) -> None:
        while not self._ending.is_set():
            try:
                self._live()
            except (OSError, websocket.WebSocketException, requests.RequestException) as fault:
                self.fault = fault
                self.complete.clear()
                self._ending.wait(0.05)

    def _live(self) -> None:
        url = f"ws://127.0.0.1:{self.port}/app/saluran-key?protocol=7&client=test"
        socket = websocket.create_connection(url, timeout=DEADLINE)
        try:
            socket_id = json.loads(json.loads(socket.recv())["data"])["socket_id"]
            self.connections += 1
            self._subscribe(socket, socket_id)
            self._backfill()
            self.complete.set()
            socket.settimeout(0.1)
            while not self._ending.is_set():
                try:
                    text = socket.recv()
                except websocket.WebSocketTimeoutException:
                    continue
                if not text:
                    raise ConnectionError("the broker has said goodbye")
                self._hear(json.loads(text))
        finally:
            socket.close()

    def _subscribe(self, socket: websocket.WebSocket, socket_id: str) -> None:
        for channel in self.channels:
            answer = requests.post(
                f"http://127.0.0.1:{self.port}/broadcasting/auth", timeout=DEADLINE,
                data={"socket_id": socket_id, "channel_name": channel},
                headers={"Authorization": f"Bearer {self.contest.viewer}"})
            answer.raise_for_status()
            socket.send(json.dumps({"event": "pusher:subscribe", "data": {"channel": channel, **answer.json()}}))
        waiting = set(self.channels)
        while waiting:
            frame = json.loads(socket.recv())
            if frame["event"] == "pusher_internal:subscription_succeeded":
                waiting.discard(frame["channel"])
            self._hear(frame)

    def _backfill(self) -> None:
        """Everything of the category, page by page; what the socket brings meanwhile waits in it."""
        after = 0
        while after is not None:
            answer = requests.get(
                f"http://127.0.0.1:{self.port}/api/v2/contest/points", timeout=DEADLINE,
                params={"category": self.category, "after": after, "limit": 2000},
                headers={"Authorization": f"Bearer {self.contest.viewer}"})
            answer.raise_for_status()
            found = answer.json()
            for row in found["points"]:
                point = dict(zip(found["fields"], row))
                self.points[point["serial"]] = (point["laptop_id"], point["distb"])
            after = found["next"]

    def _hear(self, frame: dict[str, Any]) -> None:
        if frame["event"] == "new-data":
            item = json.loads(frame["data"])
            self.points[item["serial"]] = (item["laptop_id"], item["distb"])
            self.pushed.append((item["serial"], time.time() * 1000 - item["timestamp_ms"]))
        elif frame["event"] == "state":
            self.state = json.loads(frame["data"])
        elif frame["event"].startswith("session-"):
            self.sessions.append(frame["event"])


def percentile(values: list[float], percent: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


# How far apart nine of ten points may stand from where they were measured; a busy machine passes single ones on late.
PLACE_SECONDS = 0.35


def spread(places: list[float]) -> float:
    """How far apart they are, but for the twentieth on either side."""
    return percentile(places, 95) - percentile(places, 5)
