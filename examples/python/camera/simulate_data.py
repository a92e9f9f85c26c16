#!/usr/bin/env python3
"""Plays a run of all eight lanes to the gateway, as ready-made `new_data`, without any camera.

Asks for what the options leave out. The server shows this and stores none of it, and only where it is configured to
relay what clients make up.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from datetime import datetime
from typing import Any, Callable, TypeVar

import websocket

from saluran_camera import address
from saluran_camera.synthetic import Shaking
from saluran_camera.websocket_transport import connected_socket

LANES = range(1, 9)
CATEGORIES = ("baja", "beton")
FREQUENCIES = (1.5, 2.5, 3.5, 4.5, 5.5)
TEAMS = {
    "baja": (
        "Universitas Udayana_Abhipraya", "Politeknik Negeri Semarang_Tim Seismastha",
        "Universitas Jember_Alvandaru Team", "Politeknik Astra_Astura Team",
        "Institut Teknologi Sepuluh Nopember_Askara Team", "Institut Teknologi Nasional Malang_TRISHA ABINAWA",
        "Universitas Brawijaya_SRIKANDI", "Universitas Negeri Malang_Warock"),
    "beton": (
        "Politeknik Negeri Bandung_Wirajaya Palawiri", "Universitas Warmadewa_EL-BADAK Wanskuy",
        "Institut Teknologi Sepuluh Nopember_Indestrukta Team", "Universitas Muhammadiyah Malang_AKTARA",
        "universitas Brawijaya_K-300", "Universitas Negeri Yogyakarta_Sahakarya",
        "Politeknik Negeri Malang_Akral Baswara", "Universitas Negeri Jakarta_Astungkara"),
}

Value = TypeVar("Value")


def play(ws: websocket.WebSocket, category: str, frequency: float, interval: float, seconds: float) -> int:
    """Start, batches, stop; the number of batches."""
    session_id = int(time.time())
    lanes = {lane: Shaking(lane, frequency) for lane in LANES}
    say(ws, {"type": "session_started", "session_id": session_id, "timestamp": now(), "category": category,
             "frequency": frequency})
    started = time.monotonic()
    batches = 0
    try:
        while (relative := batches * interval) < seconds:
            time.sleep(max(0.0, started + relative - time.monotonic()))
            items = [item(lane, shaking, relative, category, session_id) for lane, shaking in lanes.items()]
            say(ws, {"type": "new_data", "data": items})
            batches += 1
            print(f"\r{relative:5.1f} s  {batches} batches", end="", flush=True)
    finally:
        print()
        say(ws, {"type": "session_stopped", "session_id": session_id, "timestamp": now()})
    return batches


def item(lane: int, shaking: Shaking, relative: float, category: str, session_id: int) -> dict[str, Any]:
    dista, distb = shaking.at(relative)
    return {"laptop_id": lane, "category": category, "nama_tim": TEAMS[category][lane - 1], "dista": dista,
            "distb": distb, "frequency": shaking.frequency, "session_id": session_id,
            "relative_time": round(relative, 2), "timestamp": now()}


def say(ws: websocket.WebSocket, message: dict[str, Any]) -> None:
    ws.send(json.dumps(message))


def now() -> str:
    return datetime.now().isoformat()


def asked(question: str, default: Value, parse: Callable[[str], Value]) -> Value:
    """From the terminal; an empty answer, or nobody there, is the default."""
    while True:
        try:
            answer = input(f"{question} [{default}]: ").strip()
        except EOFError:
            return default
        if not answer:
            return default
        try:
            return parse(answer)
        except (ValueError, argparse.ArgumentTypeError) as error:
            print(error)


def category_of(text: str) -> str:
    if text not in CATEGORIES:
        raise argparse.ArgumentTypeError(f"one of {', '.join(CATEGORIES)}")
    return text


def frequency_of(text: str) -> float:
    if text not in {str(frequency) for frequency in FREQUENCIES}:
        raise argparse.ArgumentTypeError(f"one of {', '.join(map(str, FREQUENCIES))}")
    return float(text)


def above_zero(text: str) -> float:
    if not float(text) > 0:
        raise argparse.ArgumentTypeError(f"above zero, not {text}")
    return float(text)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--category", type=category_of, help="baja or beton")
    parser.add_argument("--frequency", type=frequency_of, help="1.5, 2.5, 3.5, 4.5 or 5.5")
    parser.add_argument("--interval", type=above_zero, help="seconds between batches (0.5)")
    parser.add_argument("--seconds", type=above_zero, default=60.0, help="of the whole run (default: %(default)s)")
    parser.add_argument("--url", help="the server's address, or discover (default: SALURAN_CAMERA_URL, else localhost)")
    options = parser.parse_args()
    category = options.category or asked("Category (kategori)", "baja", category_of)
    frequency = options.frequency or asked("Frequency (frekuensi, Hz)", 1.5, frequency_of)
    interval = options.interval or asked("Interval (s)", 0.5, above_zero)
    given = address.chosen(options.url, address.DEFAULT_WS_URL)
    try:
        url = address.camera_url(given)
        ws = websocket.create_connection(url, timeout=5, socket=connected_socket(url), suppress_origin=True)
    except (OSError, ValueError, websocket.WebSocketException) as error:
        print(f"simulate_data: {address.explain(error, address.without_secrets(given))}", file=sys.stderr)
        return 1
    try:
        print(f"{play(ws, category, frequency, interval, options.seconds)} batches of {len(LANES)} lanes sent")
    except KeyboardInterrupt:
        print("Stopped")
    except (OSError, websocket.WebSocketException) as error:
        print(f"simulate_data: the connection was lost: {error}", file=sys.stderr)
        return 1
    finally:
        ws.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
