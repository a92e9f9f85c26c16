"""A camera gateway for the senders' tests: raw JSON over WebSocket and the old HTTP paths, on one port."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import struct
import threading
import time
from typing import Any, Callable, Optional

from broker_process import DEADLINE

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
RECEIVE = "/detector-getaran/api/receive_camera_data.php"


class Gateway:
    """`with` starts and ends it; `down` and `up` cut it off and bring it back on the same port.

    `points` holds what it stored, each once, with `arrived` (monotonic); `frames` all `camera_data` as they came.
    """

    def __init__(self, acks: bool = True, refuse: Callable[[dict], Optional[str]] = lambda _: None) -> None:
        self.acks = acks
        self.refuse = refuse
        self.echo = False
        # Called with each point that came by HTTP, after it was taken.
        self.answer_hook: Callable[[dict], None] = lambda _: None
        self.greeting: list[str] = []
        self.pongs = 0
        self.handshakes: list[str] = []
        self.requests: list[str] = []
        self.upgrade_status = 101
        self.http_status = 200
        self.frames: list[dict[str, Any]] = []
        self.points: list[dict[str, Any]] = []
        self.goodbyes = 0
        self.reading = threading.Event()
        self.reading.set()
        self._taken: set[tuple[str, int]] = set()
        self._changed = threading.Condition()
        self._peers: set[socket.socket] = set()
        self._cameras: set[socket.socket] = set()
        self._listener: Optional[socket.socket] = None
        self.port = 0
        self.receive_buffer: Optional[int] = None

    def __enter__(self) -> Gateway:
        self.up()
        return self

    def __exit__(self, *_: object) -> None:
        self.reading.set()
        self.down()

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/detector-getaran"

    def up(self) -> None:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if self.receive_buffer:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.receive_buffer)
        listener.bind(("127.0.0.1", self.port))
        listener.listen()
        self.port = listener.getsockname()[1]
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def down(self) -> None:
        """Ends the listener and cuts every connection, without a goodbye."""
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        self.cut()

    def cut(self) -> None:
        with self._changed:
            peers = list(self._peers)
        for peer in peers:
            try:
                peer.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def say(self, text: str) -> None:
        """Sends a text frame to every camera."""
        with self._changed:
            peers = list(self._cameras)
        for peer in peers:
            write(peer, TEXT, text.encode())

    def ping(self) -> None:
        with self._changed:
            peers = list(self._cameras)
        for peer in peers:
            write(peer, PING, b"are you there")

    def wait_for(self, condition: Callable[[Gateway], bool]) -> None:
        """A condition on the gateway's lists, with the deadline of all waits."""
        with self._changed:
            held = self._changed.wait_for(lambda: condition(self), DEADLINE)
            assert held, f"{len(self.points)} points, {self.frames[-3:]}"

    def connections(self) -> int:
        return len(self._peers)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer: socket.socket) -> None:
        with self._changed:
            self._peers.add(peer)
        try:
            with peer, peer.makefile("rb") as stream:
                self._serve_requests(peer, stream)
        except (OSError, EOFError, struct.error):
            pass
        finally:
            with self._changed:
                self._peers.discard(peer)
                self._cameras.discard(peer)
                self._changed.notify_all()

    def _serve_requests(self, peer: socket.socket, stream: Any) -> None:
        while True:
            head = read_head(stream)
            lines = head.split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
            if "sec-websocket-key" in headers:
                self._note(self.handshakes, head)
                if self.upgrade_status != 101:
                    peer.sendall(f"HTTP/1.1 {self.upgrade_status} No\r\nContent-Length: 0\r\n\r\n".encode())
                    return
                accept = base64.b64encode(hashlib.sha1(headers["sec-websocket-key"].encode() + MAGIC).digest())
                peer.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n")
                with self._changed:
                    self._cameras.add(peer)
                self._serve_frames(peer, stream)
                return
            body = stream.read(int(headers.get("content-length", 0)))
            self._note(self.requests, head)
            status, answer = self._answer(lines[0], body)
            raw = json.dumps(answer).encode()
            peer.sendall(f"HTTP/1.1 {status} x\r\nContent-Type: application/json\r\n"
                         f"Content-Length: {len(raw)}\r\n\r\n".encode() + raw)

    def _answer(self, request: str, body: bytes) -> tuple[int, dict[str, Any]]:
        method, path, _ = request.split(" ")
        if method == "GET":
            return 200, {"status": "success", "enabled": True}
        if path != RECEIVE:
            return 404, {"error": "no such path"}
        if self.http_status != 200:
            return self.http_status, {"error": "Database connection failed"}
        point = json.loads(body)
        reason, _ = self._take(point)
        if reason == "realtime_off":
            return 200, {"success": False, "message": "Data rejected - Realtime saving is disabled by admin",
                         "realtime_enabled": False, "laptop_id": point["laptop_id"]}
        if reason is not None:
            return 400, {"error": "Invalid laptop_id. Must be 1-8."}
        self.answer_hook(point)
        return 200, {"success": True, "message": "Data received and stored", "mode": "free", "realtime_enabled": True}

    def _serve_frames(self, peer: socket.socket, stream: Any) -> None:
        for text in self.greeting:
            write(peer, TEXT, text.encode())
        while True:
            self.reading.wait()
            opcode, payload = read_frame(stream)
            if opcode == CLOSE:
                self.goodbyes += 1
                write(peer, CLOSE, payload)
                return
            if opcode == PING:
                write(peer, PONG, payload)
            elif opcode == PONG:
                with self._changed:
                    self.pongs += 1
                    self._changed.notify_all()
            elif opcode == TEXT:
                self._hear(peer, json.loads(payload, parse_constant=lambda text: 1 / 0))

    def _hear(self, peer: socket.socket, point: dict[str, Any]) -> None:
        reason, duplicate = self._take(point)
        if self.acks and point.get("ack") is True and "seq" in point:
            ack = {"type": "ack", "laptop_id": point["laptop_id"], "seq": point["seq"], "ok": reason is None}
            ack.update({"reason": reason, "error": "No."} if reason else
                       {"mode": "free", "serial": len(self.points), "duplicate": duplicate})
            write(peer, TEXT, json.dumps(ack).encode())
        if self.echo:
            write(peer, TEXT, json.dumps({"type": "new_data", "data": [point]}).encode())

    def _take(self, point: dict[str, Any]) -> tuple[Optional[str], bool]:
        with self._changed:
            self.frames.append(point)
            reason = self.refuse(point)
            identity = (point.get("sender", ""), point.get("seq", -1))
            duplicate = identity in self._taken and "seq" in point
            if reason is None and not duplicate:
                self._taken.add(identity)
                self.points.append({**point, "arrived": time.monotonic()})
            self._changed.notify_all()
            return reason, duplicate

    def _note(self, where: list[str], what: str) -> None:
        with self._changed:
            where.append(what)
            self._changed.notify_all()


def read_head(stream: Any) -> str:
    lines = []
    while (line := stream.readline()) not in (b"\r\n", b""):
        lines.append(line.decode())
    if not lines:
        raise EOFError
    return "".join(lines)


def read_frame(stream: Any) -> tuple[int, bytes]:
    """One unfragmented, masked frame."""
    first, second = exactly(stream, 2)
    length = second & 0x7F
    if length == 126:
        [length] = struct.unpack(">H", exactly(stream, 2))
    elif length == 127:
        [length] = struct.unpack(">Q", exactly(stream, 8))
    assert second & 0x80, "clients mask"
    mask = exactly(stream, 4)
    return first & 0x0F, bytes(byte ^ mask[i % 4] for i, byte in enumerate(exactly(stream, length)))


def exactly(stream: Any, count: int) -> bytes:
    data = stream.read(count)
    if len(data) < count:
        raise EOFError
    return data


def write(peer: socket.socket, opcode: int, payload: bytes) -> None:
    head = struct.pack(">BB", 0x80 | opcode, len(payload)) if len(payload) < 126 else (
        struct.pack(">BBH", 0x80 | opcode, 126, len(payload)))
    try:
        peer.sendall(head + payload)
    except OSError:
        pass
