"""A broker with the vibration contest: its REST API, its database, its cameras."""

from __future__ import annotations

import json
import re
import sqlite3
import threading
import time
from pathlib import Path
from typing import Any, Callable

import requests
import websocket

from broker_process import DEADLINE, Broker
from tokens import shipped_file, token

LANES = range(1, 9)

# The eleven fields that the users' programs read, in their order.
FIELDS = ["laptop_id", "dista", "distb", "is_a_detected", "is_b_detected", "session_id", "category", "frequency",
          "relative_time", "elapsed_seconds", "timestamp"]


def until(condition: Callable[[], Any], what: str, seconds: float = DEADLINE) -> Any:
    """Asks again and again until it holds; gives what it said."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"waited {seconds} s in vain for {what}"
        time.sleep(0.02)
    return found


class Contest(Broker):
    """`saluran serve` by the shipped file, contest included, on free ports of this machine."""

    def __init__(self, **settings: str) -> None:
        super().__init__(shipped_file(), **{
            "contest_enabled": "true", "gateway_listen": "127.0.0.1:0", "server_announce": "off",
            "app_key": "saluran-key", "app_secret": "saluran-secret", **settings,
        })
        self.folder = Path(self.directory.name, "data")
        if "store_folder" in settings:
            self.folder = Path(settings["store_folder"])
        self.judge = token(sub="judge-1", roles=["judge"])
        self.viewer = token(sub="screen-1", roles=["viewer"])
        self.gateway = 0

    def start(self) -> None:
        super().start()
        [line] = [line for line in self.log if "listening" in line and "gateway=" in line][-1:]
        self.gateway = int(re.search(r"gateway=127\.0\.0\.1:(\d+)", line).group(1))
        # The same ports after a restart, as on the day.
        self.settings["gateway_listen"] = f"127.0.0.1:{self.gateway}"

    @property
    def camera_url(self) -> str:
        return f"ws://127.0.0.1:{self.gateway}"

    @property
    def old_url(self) -> str:
        return f"http://127.0.0.1:{self.gateway}/detector-getaran"

    def call(self, method: str, path: str, body: Any = None, bearer: str | None = None, status: int = 200) -> Any:
        """A request to the contest's REST API, as a judge unless another bearer is given."""
        answer = requests.request(
            method, f"http://127.0.0.1:{self.port}/api/v2/contest{path}", json=body, timeout=DEADLINE,
            headers={"Authorization": f"Bearer {bearer or self.judge}"})
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if "json" in answer.headers.get("content-type", "") else answer.text

    def begin(self, frequency: float = 1.5, category: str = "baja") -> dict[str, Any]:
        return self.call("POST", "/runs", {"frequency": frequency, "category": category}, status=201)

    def end(self, collapsed: bool = False) -> dict[str, Any]:
        return self.call("POST", "/runs/current/stop", {"collapsed": collapsed})

    def points(self, **query: Any) -> list[dict[str, Any]]:
        """All points that match, page by page."""
        found: list[dict[str, Any]] = []
        after = 0
        while True:
            parts = "&".join(f"{name}={value}" for name, value in {**query, "after": after, "limit": 1000}.items())
            page = self.call("GET", f"/points?{parts}")
            found += [dict(zip(page["fields"], row)) for row in page["points"]]
            if page["next"] is None:
                return found
            after = page["next"]

    def lanes(self) -> dict[str, Any]:
        return self.call("GET", "/lanes")

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What a query finds in the embedded database, asked as its users ask: from outside."""
        with sqlite3.connect(f"file:{self.folder / 'saluran.db'}?mode=ro", uri=True, timeout=DEADLINE) as database:
            return database.execute(query).fetchall()

    def settled(self, seconds: float = DEADLINE) -> None:
        """Waits until the database has everything."""
        until(lambda: self.lanes()["store"]["behind"] == 0, "the database to have everything", seconds)


class Camera(threading.Thread):
    """A camera that numbers its points and keeps each until it is acknowledged; reconnects for ever."""

    def __init__(self, url: str, lane: int, hertz: float, sender: str | None = None) -> None:
        super().__init__(daemon=True)
        self.url, self.lane, self.hertz = url, lane, hertz
        self.sender = sender or f"camera-{lane}-{id(self)}"
        self.sent = 0
        self.acknowledged: set[int] = set()
        self.refused: dict[int, str] = {}
        self.values: dict[int, float] = {}
        self._waiting: dict[int, tuple[float, dict[str, Any]]] = {}
        self._ending = threading.Event()

    def finish(self) -> None:
        """Measures no more, and waits until everything is acknowledged."""
        self._ending.set()
        self.join(30)
        assert not self.is_alive() and not self._waiting, f"lane {self.lane}: {len(self._waiting)} points were never acknowledged"

    def run(self) -> None:
        begin = time.monotonic()
        socket: websocket.WebSocket | None = None
        while not self._ending.is_set() or self._waiting:
            now = time.monotonic()
            if not self._ending.is_set() and now >= begin + self.sent / self.hertz:
                self._measure(now)
            try:
                if socket is None:
                    socket = websocket.create_connection(self.url, timeout=2)
                    socket.settimeout(0.005)
                    for seq in list(self._waiting):
                        self._send(socket, seq)
                elif self.sent - 1 in self._waiting and self.sent - 1 > self._last:
                    self._send(socket, self.sent - 1)
                self._hear(socket)
            except (OSError, websocket.WebSocketException):
                if socket is not None:
                    socket.close()
                socket = None
                time.sleep(0.02)
        if socket is not None:
            socket.close()

    _last = -1

    def _measure(self, now: float) -> None:
        seq = self.sent
        # A value that no other point has, so that each is known again.
        self.values[seq] = round(self.lane * 1000 + seq / 100, 4)
        self._waiting[seq] = (now, {
            "type": "camera_data", "laptop_id": self.lane, "dista": 1.5, "distb": self.values[seq],
            "is_a_detected": True, "is_b_detected": True, "ack": True, "sender": self.sender, "seq": seq})
        self.sent += 1

    def _send(self, socket: websocket.WebSocket, seq: int) -> None:
        measured, message = self._waiting[seq]
        age = int((time.monotonic() - measured) * 1000)
        socket.send(json.dumps({**message, "age_ms": age}))
        self._last = max(self._last, seq)

    def _hear(self, socket: websocket.WebSocket) -> None:
        try:
            while True:
                text = socket.recv()
                if not text:
                    raise ConnectionError("the broker has said goodbye")
                answer = json.loads(text)
                if answer.get("type") != "ack":
                    continue
                if answer["ok"]:
                    self.acknowledged.add(answer["seq"])
                else:
                    self.refused[answer["seq"]] = answer["reason"]
                self._waiting.pop(answer["seq"], None)
        except websocket.WebSocketTimeoutException:
            return
