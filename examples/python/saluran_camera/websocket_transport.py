"""Points over the gateway's raw JSON WebSocket, with acknowledgements where the server gives them."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from collections import deque
from typing import Any, Callable, Optional
from urllib.parse import urlsplit

import websocket

from saluran_camera import address
from saluran_camera.buffer import Buffer
from saluran_camera.link import Lost
from saluran_camera.point import Point

# For opening, and for each write.
TIMEOUT_SECONDS = 5.0
PING_SECONDS = 3.0
# A server that answered pings before, and is silent for so long, is gone.
SILENCE_SECONDS = 9.0
# A server that lives, and has not answered the first point for so long, answers none. Shorter when closing.
PATIENCE_SECONDS = 5.0
HURRIED_PATIENCE_SECONDS = 1.0
# One that answered points on an earlier connection may be busy with its disk; or an old one took its place.
TRUSTING_PATIENCE_SECONDS = 30.0
# How long closing waits for the server's own goodbye.
GOODBYE_SECONDS = 0.5
# What a refusal that passes costs: time to make room.
BUSY_SECONDS = 0.5
PASSING_REFUSALS = ("busy", "store_full")
# Frames kept for `receive_response`, the newest.
INBOX_FRAMES = 100


class Inbox:
    """What the server sent besides acknowledgements, bounded: the oldest frame goes."""

    def __init__(self) -> None:
        self._frames: deque[str] = deque(maxlen=INBOX_FRAMES)
        self._changed = threading.Condition()

    def put(self, text: str) -> None:
        with self._changed:
            self._frames.append(text)
            self._changed.notify()

    def get(self, timeout: float) -> Optional[str]:
        with self._changed:
            self._changed.wait_for(lambda: bool(self._frames), timeout)
            return self._frames.popleft() if self._frames else None


class WebSocketTransport:
    """One connection at a time. A thread beside the link's reads always, answers pings and takes acknowledgements."""

    def __init__(self, url: Callable[[], str], key: Optional[str], sender: str, buffer: Buffer, inbox: Inbox) -> None:
        self.ws: Optional[websocket.WebSocket] = None
        self._url = url
        self._key = key
        self._sender = sender
        self._buffer = buffer
        self._inbox = inbox
        # None: not known yet, on this connection. A server known to answer nothing is believed to go on so.
        self._acknowledges: Optional[bool] = None
        self._acknowledged_before = False
        self._hurried = False
        self._reader: Optional[threading.Thread] = None
        self._failure: Optional[str] = None
        self._answers_pings = False
        self._first_written: Optional[float] = None
        self._heard = 0.0
        self._pinged = 0.0

    def open(self) -> str:
        shown = address.without_secrets(self._url())
        header = [f"X-Lane-Key: {self._key}"] if self._key else []
        stream: Optional[socket.socket] = None
        try:
            url = address.camera_url(self._url())
            shown = address.without_secrets(url)
            stream = connected_socket(url)
            ws = websocket.create_connection(
                url, timeout=TIMEOUT_SECONDS, socket=stream, header=header, enable_multithread=True,
                suppress_origin=True)
        except (OSError, ValueError, websocket.WebSocketException) as error:
            if stream is not None:
                stream.close()
            raise Lost(address.explain(error, shown)) from error
        self.ws = ws
        self._failure = None
        if self._acknowledges:
            self._acknowledges = None
        self._answers_pings = False
        self._first_written = None
        self._heard = self._pinged = time.monotonic()
        self._reader = threading.Thread(target=self._read, args=(ws,), name="saluran-camera-reader", daemon=True)
        self._reader.start()
        return shown

    def deliver(self, point: Point) -> None:
        frame = {"type": "camera_data", **point.fields(), "ack": True, **point.numbering(self._sender)}
        first = self._first_written is None
        if first:
            self._first_written = time.monotonic()
        self._write(lambda ws: ws.send(json.dumps(frame)))
        if first and self._acknowledges is None:
            self._ping()
        if self._acknowledges is False:
            self._buffer.confirm_nothing()

    def tick(self) -> None:
        if self._failure is not None:
            raise Lost(self._failure)
        now = time.monotonic()
        if self._answers_pings and now - self._heard > SILENCE_SECONDS:
            raise Lost(f"the server has been silent for {SILENCE_SECONDS:.0f} s")
        if now - max(self._heard, self._pinged) > PING_SECONDS:
            self._ping()
        self._judge(now)

    def close(self) -> None:
        ws, reader = self.ws, self._reader
        if ws is None:
            return
        try:
            if self._failure is None:
                ws.send_close()
                if reader is not None:
                    reader.join(GOODBYE_SECONDS)
        except (OSError, ValueError, websocket.WebSocketException):
            pass
        self.abort()
        if reader is not None:
            reader.join(GOODBYE_SECONDS)
        if ws.sock is not None:
            ws.sock.close()
        self.ws = None

    def hurry(self) -> None:
        self._hurried = True
        self._buffer.wake()

    def abort(self) -> None:
        ws = self.ws
        stream = ws.sock if ws is not None else None
        if stream is not None:
            try:
                # Unlike close(), this ends a read or write that blocks in another thread.
                stream.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _judge(self, now: float) -> None:
        """A server without acknowledgements is known by living on after the first point and not answering it."""
        if self._acknowledges is not None or self._first_written is None or not self._buffer.in_flight():
            return
        patience = PATIENCE_SECONDS
        if self._acknowledged_before:
            patience = TRUSTING_PATIENCE_SECONDS
        elif self._hurried:
            patience = HURRIED_PATIENCE_SECONDS
        if self._heard > self._first_written and now - self._first_written > patience:
            self._acknowledges = False
            self._buffer.confirm_nothing()

    def _ping(self) -> None:
        self._pinged = time.monotonic()
        self._write(lambda ws: ws.ping())

    def _write(self, write: Callable[[websocket.WebSocket], Any]) -> None:
        ws = self.ws
        if ws is None or self._failure is not None:
            raise Lost(self._failure or "closed")
        try:
            write(ws)
        except websocket.WebSocketTimeoutException as error:
            raise Lost(f"the server took nothing for {TIMEOUT_SECONDS:.0f} s") from error
        except (OSError, ValueError, websocket.WebSocketException) as error:
            raise Lost(self._failure or str(error).rstrip(".") or type(error).__name__) from error

    def _read(self, ws: websocket.WebSocket) -> None:
        """Ends with the connection, and then lets the link know at once."""
        cause = "the server closed the connection"
        while True:
            try:
                opcode, frame = ws.recv_data_frame(control_frame=True)
            except websocket.WebSocketTimeoutException:
                continue
            except (OSError, ValueError, AttributeError, websocket.WebSocketException) as error:
                cause = str(error).rstrip(".") or cause
                break
            self._heard = time.monotonic()
            if opcode == websocket.ABNF.OPCODE_CLOSE:
                break
            if opcode == websocket.ABNF.OPCODE_PONG:
                self._answers_pings = True
            elif opcode == websocket.ABNF.OPCODE_TEXT:
                self._hear(frame.data.decode("utf-8", "replace"))
        if ws is self.ws:
            self._failure = cause
            self._buffer.wake()

    def _hear(self, text: str) -> None:
        # Cheap first: an old server echoes every point of every lane.
        if '"ack"' in text or '"error"' in text:
            try:
                message = json.loads(text)
            except ValueError:
                return
            if isinstance(message, dict) and message.get("type") == "ack":
                self._settle(message)
                return
            if isinstance(message, dict) and message.get("type") == "error":
                self._buffer.last_refusal = str(message.get("reason"))
        self._inbox.put(text)

    def _settle(self, ack: dict[str, Any]) -> None:
        self._acknowledges = self._acknowledged_before = True
        seq = ack.get("seq")
        if not isinstance(seq, int):
            return
        reason = str(ack.get("reason"))
        if ack.get("ok") is True:
            self._buffer.acknowledge(seq)
        elif reason in PASSING_REFUSALS:
            self._buffer.postpone(seq, reason, BUSY_SECONDS)
        else:
            self._buffer.refuse(seq, reason)


def connected_socket(url: str) -> socket.socket:
    """Tries every address of the name, of both families, and no proxy: cameras and server share a network."""
    parts = urlsplit(url)
    host = parts.hostname or "localhost"
    secure = parts.scheme == "wss"
    stream = socket.create_connection((host, parts.port or (443 if secure else 80)), TIMEOUT_SECONDS)
    try:
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if secure:
            return ssl.create_default_context().wrap_socket(stream, server_hostname=host)
    except OSError:
        stream.close()
        raise
    return stream
