"""Where the server is, and what to do when it is not there."""

from __future__ import annotations

import http.client
import os
import socket
from typing import Optional
from urllib.parse import urlsplit, urlunsplit

from saluran_camera import discovery

URL_VARIABLE = "SALURAN_CAMERA_URL"
KEY_VARIABLE = "SALURAN_CAMERA_KEY"
DISCOVER = "discover"
DEFAULT_WS_URL = "ws://localhost:8080"
DEFAULT_API_URL = "http://localhost:8080/detector-getaran"
API_PATH = "/detector-getaran"
GATEWAY_PORT = 8080


def chosen(argument: Optional[str], default: str) -> str:
    """The argument, else the environment's address, else the default."""
    return argument or os.environ.get(URL_VARIABLE) or default


def chosen_key(argument: Optional[str]) -> Optional[str]:
    return argument or os.environ.get(KEY_VARIABLE) or None


def camera_url(url: str) -> str:
    """What people type as "server address", made a WebSocket URL; `discover` asks the network.

    Raises `discovery.NotFound`, in words for people.
    """
    if url == DISCOVER:
        return discovery.find_gateway()
    if "://" not in url:
        # A bare host, as in the "Server Address" box; an IPv6 address needs its brackets.
        has_port = urlsplit(f"//{url}").port is not None
        url = f"ws://{url}" if has_port else f"ws://{url}:{GATEWAY_PORT}"
    return with_scheme(url, {"http": "ws", "https": "wss"})


def api_url(url: str) -> str:
    """The same for the HTTP paths: an address without a path gets the one the cameras have always used."""
    url = with_scheme(camera_url(url), {"ws": "http", "wss": "https"})
    parts = urlsplit(url)
    path = parts.path.rstrip("/") or API_PATH
    return urlunsplit((parts.scheme, parts.netloc, path, parts.query, ""))


def root_of(url: str) -> str:
    """The same server, without a path: `api_url` gives it its own."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, "/", "", ""))


def with_scheme(url: str, schemes: dict[str, str]) -> str:
    scheme, separator, rest = url.partition("://")
    return schemes.get(scheme.lower(), scheme.lower()) + separator + rest


def without_secrets(url: str) -> str:
    """For printing: a key may stand in the query or before the host."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def explain(error: Exception, shown: str) -> str:
    """What kept us from connecting, and what to do about it."""
    host = urlsplit(shown).hostname or shown
    if isinstance(error, discovery.NotFound):
        return str(error)
    if isinstance(error, ConnectionRefusedError):
        return (f"connection refused: nothing listens at {shown}. Start the server there, or give the right address "
                f"(argument, {URL_VARIABLE}, or \"{DISCOVER}\"). "
                "[ID] Koneksi ditolak: jalankan server, atau periksa alamatnya.")
    if isinstance(error, socket.gaierror):
        return (f"the name {host} is not known on this network. Give the server's IP address, or \"{DISCOVER}\". "
                "[ID] Nama server tidak dikenal: pakai alamat IP-nya.")
    status = getattr(error, "status_code", None)
    if status in (401, 403):
        return (f"{shown} refuses this camera ({status}). Give the lane's key (key=..., or {KEY_VARIABLE}). "
                "[ID] Kamera ditolak: isi kunci jalur.")
    if status is not None:
        return (f"{shown} answers, but not as the camera gateway (HTTP {status}). See the port: the gateway's is "
                f"{GATEWAY_PORT}. [ID] Periksa nomor port.")
    if isinstance(error, http.client.HTTPException):
        return f"what answers at {shown} does not speak HTTP as it should ({type(error).__name__})"
    if isinstance(error, TimeoutError) or "timed out" in str(error):
        return (f"no answer from {shown}. Let the server's firewall admit this port, and see that both are in the same "
                "network. [ID] Tidak ada jawaban: periksa firewall dan jaringan.")
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror} ({shown})"
    return f"{error or type(error).__name__} ({shown})"
