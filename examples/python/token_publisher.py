"""How a device publishes: with a bearer token, and no secret of the app."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import requests

# Seconds that a request may take.
TIMEOUT = 5


class Refused(Exception):
    """The broker's no: its HTTP status, and the reason it gave."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"{status}: {reason}")
        self.status = status
        self.reason = reason


class TokenPublisher:
    """Publishes to one app over one connection. A pause that the broker asks for is made."""

    def __init__(self, host: str, port: int, app_id: str, token: str) -> None:
        self.url = f"http://{host}:{port}/apps/{app_id}"
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {token}"

    def trigger(self, channel: str, name: str, data: Any) -> None:
        """Publishes one event; `data` is anything that JSON can write."""
        self._post("events", {"channel": channel, "name": name, "data": json.dumps(data)})

    def trigger_batch(self, batch: list[dict[str, Any]]) -> None:
        """Publishes all of these, each with `channel`, `name` and `data`, or none."""
        self._post("batch_events", {"batch": [{**event, "data": json.dumps(event["data"])} for event in batch]})

    def _post(self, path: str, body: dict[str, Any]) -> None:
        while True:
            answer = self.session.post(f"{self.url}/{path}", json=body, timeout=TIMEOUT)
            if answer.status_code == 200:
                answer.json()
                return
            if answer.status_code != 429 or "Retry-After" not in answer.headers:
                raise Refused(answer.status_code, reason_of(answer))
            pause = int(answer.headers["Retry-After"])
            print(f"{reason_of(answer)}; going on in {pause} s", file=sys.stderr, flush=True)
            time.sleep(pause)


def reason_of(answer: requests.Response) -> str:
    """The broker says why in JSON, and in words in its `error`."""
    try:
        return str(answer.json()["error"])
    except (ValueError, KeyError, TypeError):
        return answer.text.strip() or answer.reason
