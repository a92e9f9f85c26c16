"""Points over the HTTP path that the cameras have always had, one request each on a kept connection."""

from __future__ import annotations

import http.client
import json
import socket
from typing import Any, Callable, Optional, Union
from urllib.parse import urlsplit

from saluran_camera import address
from saluran_camera.buffer import Buffer
from saluran_camera.link import Lost
from saluran_camera.point import Point

TIMEOUT_SECONDS = 5.0
RECEIVE = "/api/receive_camera_data.php"
# Asked when connecting: it changes nothing, and every generation of the server has it.
STATUS = "/api/get_realtime_status.php"
# Answers that say "later".
PASSING_STATUSES = (429, 500, 502, 503, 504)
PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 10.0

Answer = tuple[int, http.client.HTTPMessage, dict[str, Any]]


class HttpTransport:
    """One request at a time; its answer is the point's acknowledgement."""

    def __init__(self, url: Callable[[], str], key: Optional[str], sender: str, buffer: Buffer) -> None:
        self._url = url
        self._key = key
        self._sender = sender
        self._buffer = buffer
        self._connection: Optional[http.client.HTTPConnection] = None
        self._path = ""
        self._shown = ""

    def open(self) -> str:
        self._shown = address.without_secrets(self._url())
        try:
            url = address.api_url(self._url())
            self._shown = address.without_secrets(url)
            self._path = urlsplit(url).path
            self._connection = opened(url)
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise Lost(address.explain(error, self._shown)) from error
        # Any answer will do: what the server thinks of points, it says to points.
        self._ask("GET", STATUS, None)
        return self._shown

    def deliver(self, point: Point) -> None:
        status, headers, answer = self._ask("POST", RECEIVE, {**point.fields(), **point.numbering(self._sender)})
        seq = point.seq or 0
        if status in PASSING_STATUSES:
            self._buffer.postpone(seq, f"http_{status}", pause_of(headers.get("Retry-After")))
        elif status == 200 and answer.get("success") is True:
            self._buffer.acknowledge(seq)
        elif status == 200 and answer.get("realtime_enabled") is False:
            self._buffer.refuse(seq, "realtime_off")
        else:
            self._buffer.refuse(seq, str(answer.get("reason") or ("key" if status in (401, 403) else f"http_{status}")))

    def tick(self) -> None:
        """Nothing: HTTP notices a loss with the next point."""

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def hurry(self) -> None:
        """Nothing: every answer is awaited already."""

    def abort(self) -> None:
        connection = self._connection
        stream: Optional[socket.socket] = connection.sock if connection is not None else None
        if stream is not None:
            try:
                stream.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _ask(self, method: str, path: str, body: Optional[dict[str, Any]]) -> Answer:
        """A kept connection may have been closed while idle: asks again, on a new one, before it counts as lost."""
        connection = self._connection
        if connection is None:
            raise Lost("closed")
        for fresh in (False, True):
            try:
                return ask(connection, method, self._path + path, self._key, body)
            except (ConnectionError, http.client.HTTPException) as error:
                connection.close()
                if fresh:
                    raise Lost(address.explain(error, self._shown)) from error
            except (OSError, ValueError) as error:
                raise Lost(address.explain(error, self._shown)) from error
        raise AssertionError("the second attempt returns or raises")


def opened(url: str) -> http.client.HTTPConnection:
    """A connection, made now so that a refusal has its own cause; by any address of the name, without proxies."""
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = kind(parts.hostname or "localhost", parts.port, timeout=TIMEOUT_SECONDS)
    connection.connect()
    return connection


def ask(
    connection: http.client.HTTPConnection, method: str, path: str, key: Optional[str], body: Optional[dict[str, Any]],
) -> Answer:
    """One request; the status, headers and JSON of its answer (empty when it has none)."""
    headers = {"Accept": "application/json"}
    if body is not None:
        headers["Content-Type"] = "application/json"
    if key:
        headers["X-Lane-Key"] = key
    connection.request(method, path, json.dumps(body) if body is not None else None, headers)
    response = connection.getresponse()
    raw: Union[bytes, str] = response.read()
    try:
        answer = json.loads(raw)
    except ValueError:
        answer = None
    return response.status, response.headers, answer if isinstance(answer, dict) else {}


def pause_of(retry_after: Optional[str]) -> float:
    """Seconds; the header may hold a date, which is no reason to wait for long."""
    try:
        return min(max(float(retry_after or ""), PAUSE_SECONDS), LONGEST_PAUSE_SECONDS)
    except ValueError:
        return PAUSE_SECONDS
