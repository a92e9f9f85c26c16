"""A TCP proxy that can be cut and mended: while it is cut nobody gets through, and nobody is told."""

from __future__ import annotations

import socket
import threading

from broker_process import DEADLINE


class Line:
    """Passes connections on to a port of this machine; `with` ends it."""

    def __init__(self, port: int) -> None:
        self.target = ("127.0.0.1", port)
        self.is_cut = False
        self.pairs: list[tuple[socket.socket, socket.socket]] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Line:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.cut()
        self.thread.join(DEADLINE)

    def cut(self) -> None:
        """Drops everything that is open, and what comes from now on."""
        self.is_cut = True
        pairs, self.pairs = self.pairs, []
        for pair in pairs:
            for end in pair:
                close(end)

    def mend(self) -> None:
        self.is_cut = False

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            if self.is_cut:
                client.close()
                continue
            broker = socket.create_connection(self.target, DEADLINE)
            self.pairs.append((client, broker))
            for source, sink in ((client, broker), (broker, client)):
                threading.Thread(target=pump, args=(source, sink), daemon=True).start()


def pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while chunk := source.recv(65536):
            sink.sendall(chunk)
    except OSError:
        pass
    close(source)
    close(sink)


def close(end: socket.socket) -> None:
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    end.close()
