"""`CameraSender` over HTTP: the same methods and truths as over WebSocket, and the documented `CameraClient`'s."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from camera_gateway import Gateway
from senders import PYTHON, balanced, script, until

from opencv_camera_sender import CameraSender
from saluran_camera import http_transport
from saluran_camera.address import api_url


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    for name in ("SALURAN_CAMERA_URL", "SALURAN_CAMERA_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def gateway():
    with Gateway() as gateway:
        yield gateway


def test_the_address_is_the_argument_then_the_environment_then_localhost(monkeypatch):
    assert CameraSender(1).api_url == "http://localhost:8080/detector-getaran"
    monkeypatch.setenv("SALURAN_CAMERA_URL", "ws://192.168.43.10:8080")
    assert api_url(CameraSender(1).api_url) == "http://192.168.43.10:8080/detector-getaran"
    assert CameraSender(1, "http://10.0.0.1/x").api_url == "http://10.0.0.1/x"


@pytest.mark.parametrize("given, url", [
    ("192.168.43.10", "http://192.168.43.10:8080/detector-getaran"),
    ("http://h/detector-getaran/", "http://h/detector-getaran"), ("https://h:1/", "https://h:1/detector-getaran"),
    ("wss://[::1]:8080", "https://[::1]:8080/detector-getaran")])
def test_addresses_are_completed(given, url):
    assert api_url(given) == url


def test_connect_send_stats_disconnect(gateway, capsys):
    sender = CameraSender(2, gateway.api_url)
    assert sender.send(1, 2, True, True) is False
    assert capsys.readouterr().out == "Not connected. Call connect() first!\n"
    assert sender.connect() is True and sender.connected is True
    assert sender.send(np.float64(5.234), 3.456, np.bool_(True), False) is True
    assert sender.send(float("nan"), 3.456, True, False) is False
    sender.disconnect()
    sender.disconnect()
    stats = sender.get_stats()
    assert (stats["success"], stats["failed"], stats["acknowledged"], stats["connected"]) == (1, 2, 1, False)
    [point] = gateway.points
    assert list(point.items())[:5] == [
        ("laptop_id", 2), ("dista", 5.234), ("distb", 3.456), ("is_a_detected", True), ("is_b_detected", False)]
    assert "age_ms" not in point


def test_connections_are_kept(gateway):
    with CameraSender(1, gateway.api_url) as sender:
        for number in range(50):
            sender.send(number, 0, True, True)
        until(lambda: sender.get_stats()["acknowledged"] == 50)
        assert gateway.connections() == 1 and len(gateway.requests) == 51
    assert [point["dista"] for point in gateway.points] == list(range(50))


def test_a_closed_kept_connection_costs_nothing(gateway):
    with CameraSender(1, gateway.api_url) as sender:
        gateway.cut()
        gateway.wait_for(lambda gateway: gateway.connections() == 0)
        assert sender.send(1, 2, True, True) is True
        until(lambda: sender.get_stats()["acknowledged"] == 1)
        assert sender.connected and sender.get_stats()["reconnects"] == 0


def test_a_cut_loses_nothing_and_dates_every_point(gateway):
    with CameraSender(1, gateway.api_url) as sender:
        gateway.down()
        times = {}
        for number in range(30):
            times[number] = time.monotonic()
            sender.send(number, 0, True, True)
            threading.Event().wait(0.05)
        assert sender.connected is False and 0 < sender.success_count < 30
        gateway.up()
        until(lambda: sender.get_stats()["acknowledged"] == 30)
        assert sender.get_stats()["reconnects"] == 1
    assert [point["dista"] for point in gateway.points] == list(range(30))
    for point in gateway.points:
        assert abs(point["arrived"] - point.get("age_ms", 0) / 1000 - times[point["dista"]]) < 0.25


def test_the_closed_valve_and_a_wrong_lane_are_last_words(gateway):
    gateway.refuse = lambda point: "invalid" if point["laptop_id"] > 8 else "realtime_off"
    with CameraSender(1, gateway.api_url) as sender:
        sender.send(1, 2, True, True)
        until(lambda: sender.get_stats()["refused"] == 1)
        assert sender.get_stats()["last_refusal"] == "realtime_off"
        sender.laptop_id = 9
        sender.send(1, 2, True, True)
        until(lambda: sender.get_stats()["refused"] == 2)
        assert sender.get_stats()["last_refusal"] == "http_400"
        assert balanced(sender.get_stats(), 2)
    assert len(gateway.frames) == 2


def test_a_server_in_trouble_is_asked_again(gateway, monkeypatch):
    monkeypatch.setattr(http_transport, "PAUSE_SECONDS", 0.05)
    gateway.http_status = 503
    with CameraSender(1, gateway.api_url) as sender:
        assert sender.send(1, 2, True, True) is True
        until(lambda: sender.get_stats()["last_refusal"] == "http_503")
        assert sender.get_stats()["buffered"] == 1
        gateway.http_status = 200
        until(lambda: sender.get_stats()["acknowledged"] == 1)


def test_retry_after_is_heeded_within_bounds():
    assert [http_transport.pause_of(text) for text in (None, "2", "3600", "0", "Fri, 31 Dec 1999 23:59:59 GMT")] == [
        0.5, 2, 10, 0.5, 0.5]


def test_the_key_is_a_header(gateway):
    with CameraSender(1, gateway.api_url, key="lane-secret") as sender:
        sender.send_data(1, 2)
        assert all("X-Lane-Key: lane-secret" in head for head in gateway.requests)
    assert len(gateway.requests) == 2


def test_send_data_returns_the_servers_answer(gateway):
    sender = CameraSender(1, gateway.api_url)
    assert sender.send_data(1.5, 2.5)["message"] == "Data received and stored"
    assert gateway.points[0]["is_a_detected"] is True
    gateway.cut()
    gateway.wait_for(lambda gateway: gateway.connections() == 0)
    assert sender.send_data(1.5, 2.5, False, False)["success"] is True, "a kept connection may be closed meanwhile"
    gateway.refuse = lambda _: "realtime_off"
    assert sender.send_data(1, 2) == {
        "success": False, "message": "Data rejected - Realtime saving is disabled by admin", "realtime_enabled": False,
        "laptop_id": 1}
    gateway.down()
    assert "connection refused" in sender.send_data(1, 2)["error"]
    assert "not a displacement" in sender.send_data(float("inf"), 2)["error"]
    assert (sender.success_count, sender.fail_count) == (2, 3)
    sender.disconnect()


def test_stream_data_goes_on_until_interrupted(gateway, capsys):
    sender = CameraSender(3, gateway.api_url)
    readings = iter([(1.0, 2.0, True, False), (3.0, 4.0, True, True)])

    def measure():
        try:
            return next(readings)
        except StopIteration:
            raise KeyboardInterrupt from None

    sender.stream_data(interval=0.01, measure=measure)
    assert [(point["dista"], point["is_b_detected"]) for point in gateway.points] == [(1.0, False), (3.0, True)]
    assert capsys.readouterr().out.count("Data received and stored") == 2
    sender.disconnect()


def test_the_demonstration_ends_with_100_percent(gateway):
    done = script("opencv_camera_sender.py", SALURAN_CAMERA_URL=gateway.url)
    assert done.returncode == 0, done.stderr
    assert len(gateway.points) == 5 and "Sukses   : 5 (100.0%)" in done.stdout


def test_the_http_sender_needs_nothing_but_python(gateway):
    program = f"""
import sys
from opencv_camera_sender import CameraSender
with CameraSender(1, {gateway.api_url!r}) as sender:
    sender.send(1, 2, True, True)
assert "websocket" not in sys.modules and "requests" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-S", "-c", program], cwd=PYTHON, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    assert len(gateway.points) == 1
