"""A stock Pysher client that keeps what it hears."""

from __future__ import annotations

import json
import queue
import time
from typing import Any, Callable

import pysher

from broker_process import DEADLINE, KEY, SECRET, Broker

SUCCEEDED = "pusher_internal:subscription_succeeded"
MEMBER_ADDED = "pusher_internal:member_added"
MEMBER_REMOVED = "pusher_internal:member_removed"
CACHE_MISS = "pusher:cache_miss"

CONNECTION_EVENTS = ["pusher:connection_established", "pusher:error", "pusher:pong", "pusher:signin_success"]


def wait_until(condition: Callable[[], bool]) -> None:
    """Asks again and again until it holds."""
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


class Watcher:
    """One Pysher client. What it hears is in one queue, in the order in which Pysher reported it.

    `channels` names, per channel, the events to hear. Pysher registers a channel after it has sent the
    subscription, so it must subscribe on its own reader thread, where the answer cannot overtake that:
    `connection_established` is the place, and the one that its documentation shows.
    """

    def __init__(self, broker: Broker, channels: dict[str, list[str]] | None = None, **options: Any) -> None:
        self.heard: queue.Queue[tuple[str | None, str, Any]] = queue.Queue()
        self.subscribed = channels or {}
        self.resubscribes = not options.get("auto_sub", False)
        self.client = pysher.Pusher(**{
            "key": KEY, "secret": SECRET, "secure": False, "custom_host": "127.0.0.1", "port": broker.port,
            "reconnect_interval": 0.2, **options,
        })
        self.connections = 0
        for name in CONNECTION_EVENTS:
            self.client.connection.bind(name, self._hear(None, name))
        self.client.connection.bind("pusher:connection_established", self._subscribe)

    def __enter__(self) -> Watcher:
        self.client.connect()
        return self

    def __exit__(self, *_: object) -> None:
        # Without waiting: its reader thread may sit in a select of 100 seconds on the closed socket.
        self.client.disconnect(timeout=0)

    @property
    def connection(self) -> pysher.connection.Connection:
        return self.client.connection

    def _subscribe(self, _data: str) -> None:
        self.connections += 1
        if self.connections > 1 and not self.resubscribes:
            return
        for channel, events in self.subscribed.items():
            subscribed = self.client.subscribe(channel)
            for event in [SUCCEEDED, *events]:
                subscribed.bind(event, self._hear(channel, event))

    def _hear(self, channel: str | None, event: str) -> Callable[[Any], None]:
        return lambda data: self.heard.put((channel, event, data))

    def expect(self, channel: str | None, event: str) -> Any:
        """Waits for this event, passing over others of the connection; gives its data."""
        deadline = time.monotonic() + DEADLINE
        while True:
            try:
                found = self.heard.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"waited in vain for {event} on {channel}") from None
            if found[:2] == (channel, event):
                return found[2]
            assert found[0] is None and found[1] in ("pusher:pong", "pusher:connection_established"), (
                f"heard {found} instead of {event} on {channel}")

    def expect_established(self) -> str:
        """Waits for the connection and everything it subscribes to; gives the socket id."""
        data = self.expect(None, "pusher:connection_established")
        for channel in self.subscribed:
            self.expect(channel, SUCCEEDED)
        return json.loads(data)["socket_id"]

    def expect_error(self) -> dict[str, Any]:
        return self.expect(None, "pusher:error")

    def expect_events(self, count: int) -> list[tuple[str, str, Any]]:
        """Waits for so many events of any channel, passing over those of the connection."""
        events: list[tuple[str, str, Any]] = []
        while len(events) < count:
            channel, event, data = self.heard.get(timeout=DEADLINE)
            if channel is not None:
                events.append((channel, event, data))
        return events

    def expect_silence(self, seconds: float) -> None:
        """Nothing is heard for so long; pongs do not count."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            try:
                found = self.heard.get(timeout=left)
            except queue.Empty:
                return
            assert found[1] == "pusher:pong", f"heard {found} where nothing was expected"
