"""Finds the camera gateway on the local network by DNS service discovery, where `zeroconf` is installed."""

from __future__ import annotations

import socket
import threading
import time
from typing import Any

SERVICE_TYPE = "_saluran-camera._tcp.local."
SEARCH_SECONDS = 3.0
# For each address that was announced: some may belong to networks we are not in.
PROBE_SECONDS = 1.0


class NotFound(OSError):
    """Nobody announced a gateway that can be reached; the text says what to do."""


def find_gateway(timeout: float = SEARCH_SECONDS) -> str:
    """The WebSocket URL of the first gateway that answers, tried by IPv4 and IPv6. Raises `NotFound`."""
    try:
        import zeroconf
    except ImportError as error:
        raise NotFound(
            "discovery needs the package zeroconf (pip install \"saluran-examples[discovery]\"). Without it, give the "
            "server's address. [ID] Pasang zeroconf, atau isi alamat server.") from error
    found = threading.Condition()
    names: list[str] = []

    def changed(*, name: str, state_change: Any, **_: Any) -> None:
        if state_change is not zeroconf.ServiceStateChange.Removed:
            with found:
                names.append(name)
                found.notify()

    deadline = time.monotonic() + timeout
    asker = zeroconf.Zeroconf()
    try:
        zeroconf.ServiceBrowser(asker, SERVICE_TYPE, handlers=[changed])
        while True:
            with found:
                found.wait_for(lambda: bool(names), max(0.0, deadline - time.monotonic()))
                if not names:
                    break
                name = names.pop(0)
            left_ms = max(1, int((deadline - time.monotonic()) * 1000))
            info = asker.get_service_info(SERVICE_TYPE, name, left_ms)
            if info is not None and info.port is not None:
                path = (info.properties.get(b"path") or b"/").decode("utf-8", "replace")
                for host in sorted(info.parsed_scoped_addresses(), key=lambda host: ":" in host):
                    if answers(host, info.port):
                        return f"ws://{f'[{host}]' if ':' in host else host}:{info.port}{path}"
    finally:
        asker.close()
    raise NotFound(
        f"no camera gateway answered on this network within {timeout:.0f} s. See that the server runs and is in the "
        "same network (hotspots may keep devices apart) or give its address. [ID] Server tidak ditemukan: isi alamatnya.")


def answers(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), PROBE_SECONDS).close()
    except OSError:
        return False
    return True
