"""A TCP proxy that cuts connections at every point of a request, by a seed."""

from __future__ import annotations

import random
import socket
import threading
from collections import Counter

from broker_process import DEADLINE

# What becomes of a connection, and how often, in percent.
FATES = {
    "passes": 40,
    "cut before the request": 10,
    "cut within the request": 15,
    "cut when the request is through": 10,
    "cut before the response": 15,
    "cut within the response": 10,
}


class CuttingProxy:
    """Takes one request on each connection and passes it on, or a part of it; `with` ends it."""

    def __init__(self, port: int, seed: int) -> None:
        self.target = ("127.0.0.1", port)
        self.rng = random.Random(seed)
        self.fates: Counter[str] = Counter()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> CuttingProxy:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        # A blocked accept() outlives close(), but not shutdown().
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(DEADLINE)

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            [fate] = self.rng.choices(list(FATES), list(FATES.values()))
            self.fates[fate] += 1
            with client:
                client.settimeout(DEADLINE)
                self._pass(client, fate)

    def _pass(self, client: socket.socket, fate: str) -> None:
        if fate == "cut before the request":
            return
        request = read_message(client)
        if fate == "cut within the request":
            request = request[:self.rng.randrange(1, len(request))]
        with socket.create_connection(self.target, DEADLINE) as broker:
            broker.sendall(request)
            if fate in ("cut within the request", "cut when the request is through"):
                return
            response = read_message(broker)
        if fate == "cut before the response":
            return
        if fate == "cut within the response":
            response = response[:self.rng.randrange(1, len(response))]
        client.sendall(response)


def read_message(peer: socket.socket) -> bytes:
    """One HTTP message with a Content-Length, whole."""
    message = b""
    while True:
        head, end, rest = message.partition(b"\r\n\r\n")
        if end:
            lengths = [line.partition(b":")[2] for line in head.lower().split(b"\r\n")
                       if line.startswith(b"content-length:")]
            if len(rest) >= int(lengths[0]):
                return message
        received = peer.recv(65536)
        if not received:
            raise ConnectionError(f"ended within a message: {message!r}")
        message += received
