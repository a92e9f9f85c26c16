"""Publishers that send an event again, with its id, until it is acknowledged: each is delivered exactly once."""

from __future__ import annotations

import contextlib
import http.client
import json
import threading
import time
from collections import Counter

import pytest

from broker_process import APP_ID, DEADLINE, KEY, SECRET, Broker
from cutting_proxy import FATES, CuttingProxy
from tokens import TOKEN_SECRET, body, token
from watcher import Watcher

EVENTS = 120
# How long one publisher may need for all its events.
PATIENCE = 60.0

FILE = f"""
[[app]]
id = "{APP_ID}"
key = "{KEY}"
secret = "{SECRET}"

[app.tokens]
secret = "{TOKEN_SECRET}"

[[channel]]
name = "readings"
publish = ["app", "token"]
subscribe = ["anyone"]
"""


class Publisher(threading.Thread):
    """Sends its events one after the other, each again and again until the answer is whole."""

    def __init__(self, proxy: CuttingProxy, subject: str, name: str) -> None:
        super().__init__(daemon=True)
        self.proxy = proxy
        self.bearer = token(sub=subject)
        self.source = name
        self.attempts = 0
        self.failure: str | None = None

    def run(self) -> None:
        deadline = time.monotonic() + PATIENCE
        for number in range(EVENTS):
            event = body("readings", "n", [self.source, number], id=f"event-{number}")
            while not self._send(event):
                if self.failure or time.monotonic() > deadline:
                    self.failure = self.failure or f"event {number} was not acknowledged in time"
                    return

    def _send(self, event: dict) -> bool:
        self.attempts += 1
        connection = http.client.HTTPConnection("127.0.0.1", self.proxy.port, timeout=DEADLINE)
        headers = {"Authorization": f"Bearer {self.bearer}", "Content-Type": "application/json"}
        try:
            connection.request("POST", f"/apps/{APP_ID}/events", json.dumps(event), headers)
            answer = connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
        if answer.status != 200:
            self.failure = f"{answer.status}: {text!r}"
        return text == b"{}"


def publish(broker: Broker, subjects: dict[str, str], seed: int) -> None:
    """Lets a publisher of each name send all its events, both at the same time, each through a proxy."""
    with contextlib.ExitStack() as stack:
        proxies = [stack.enter_context(CuttingProxy(broker.port, seed + offset)) for offset in range(len(subjects))]
        publishers = [Publisher(proxy, subject, name) for proxy, (name, subject) in zip(proxies, subjects.items())]
        for publisher in publishers:
            publisher.start()
        for publisher in publishers:
            publisher.join(PATIENCE + DEADLINE)
    assert [(publisher.failure, publisher.is_alive()) for publisher in publishers] == [(None, False)] * 2
    for publisher, proxy in zip(publishers, proxies):
        assert publisher.attempts > EVENTS * 1.5, "it had to try again"
        assert set(proxy.fates) == set(FATES), "every kind of cut took place"


def hear_all(broker: Broker, watcher: Watcher, count: int) -> list[list]:
    """What was delivered, proved complete by an event that came after it."""
    broker.publisher().trigger("readings", "n", ["fence", 0])
    heard = [json.loads(data) for _, _, data in watcher.expect_events(count + 1)]
    assert heard[-1] == ["fence", 0], Counter(map(tuple, heard)).most_common(3)
    return heard[:-1]


@pytest.mark.parametrize("seed", [1, 20])
def test_two_publishers_with_the_same_ids_are_both_heard_once(seed):
    with Broker(FILE) as broker, Watcher(broker, {"readings": ["n"]}) as watcher:
        watcher.expect_established()
        publish(broker, {"left": "device-1", "right": "device-2"}, seed)
        heard = hear_all(broker, watcher, 2 * EVENTS)
    for name in ("left", "right"):
        assert [number for source, number in heard if source == name] == list(range(EVENTS))


@pytest.mark.parametrize("seed", [300, 4000])
def test_two_programs_of_one_device_that_send_the_same_ids_are_heard_once_together(seed):
    with Broker(FILE) as broker, Watcher(broker, {"readings": ["n"]}) as watcher:
        watcher.expect_established()
        publish(broker, {"main": "device-1", "spare": "device-1"}, seed)
        heard = hear_all(broker, watcher, EVENTS)
    assert [number for _, number in heard] == list(range(EVENTS))
