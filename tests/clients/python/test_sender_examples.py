"""The camera examples as people run them, discovery, and what the package declares."""

from __future__ import annotations

import contextlib
import io
import json
import os
import socket
import sys

import pytest
import zeroconf

from camera_gateway import Gateway
from senders import PYTHON, script

from opencv_camera_sender_ws import CameraSenderWS
from saluran_camera import discovery


@pytest.fixture
def gateway():
    with Gateway() as gateway:
        yield gateway


def test_method_1_and_2(gateway):
    done = script("camera/method1_context_manager.py", SALURAN_CAMERA_URL=gateway.url)
    assert done.returncode == 0, done.stderr
    assert len(gateway.points) == 20 and "'success_rate': 100.0" in done.stdout
    done = script("camera/method2_manual.py", SALURAN_CAMERA_URL=gateway.url)
    assert done.returncode == 0, done.stderr
    assert len(gateway.points) == 120 and "Sukses   : 100 (100.0%)" in done.stdout


def test_method_3_takes_three_lines(gateway):
    text = (PYTHON / "camera/method3_minimal.py").read_text()
    assert text.count("sender.send(") == 1 and "range(100)" in text and "sleep(0.5)" in text
    done = script_at_speed(text, gateway)
    assert len(gateway.points) == 100 and "'success': 100" in done


def script_at_speed(text, gateway):
    """The 50 seconds of the script, without its pauses."""
    os.environ["SALURAN_CAMERA_URL"] = gateway.url
    out = io.StringIO()
    try:
        with contextlib.redirect_stdout(out):
            exec(compile(text.replace("time.sleep(0.5)", "time.sleep(0)"), "method3_minimal.py", "exec"), {})
    finally:
        del os.environ["SALURAN_CAMERA_URL"]
    return out.getvalue()


def test_the_opencv_example_measures_thirty_frames_a_second(gateway):
    done = script("camera/opencv_example.py", "--drawn", "--seconds", "2", "--laptop-id", "4", "--url", gateway.url)
    assert done.returncode == 0, done.stderr
    # Two seconds by its own clock, which a busy machine stretches; a loop that does not keep its rate sends thousands.
    assert 30 <= len(gateway.points) <= 90
    assert all(point["laptop_id"] == 4 and point["is_a_detected"] is True for point in gateway.points)
    assert max(abs(point["distb"]) for point in gateway.points) > 30
    assert "stored" in done.stdout and "(100.0%)" in done.stdout


def test_the_opencv_example_does_without_a_server(gateway):
    gateway.down()
    done = script("camera/opencv_example.py", "--drawn", "--seconds", "1", "--url", gateway.url)
    assert done.returncode == 0, done.stderr
    assert "NOT connected" in done.stdout and "Gagal" in done.stdout


def test_the_simulator_plays_a_run_of_eight_lanes(gateway):
    messages = hear_raw(gateway)
    done = script("camera/simulate_data.py", "--interval", "0.1", "--seconds", "1", "--url", gateway.url,
                  stdin="steel\nbeton\n3.5\n")
    assert done.returncode == 0, done.stderr
    gateway.wait_for(lambda _: len(messages) == 12)
    started, *batches, stopped = messages
    assert (started["type"], started["category"], started["frequency"]) == ("session_started", "beton", 3.5)
    assert stopped["type"] == "session_stopped" and stopped["session_id"] == started["session_id"]
    assert "one of baja, beton" in done.stdout
    assert [batch["data"][0]["relative_time"] for batch in batches] == [round(i * 0.1, 2) for i in range(10)]
    for batch in batches:
        assert batch["type"] == "new_data"
        assert [item["laptop_id"] for item in batch["data"]] == list(range(1, 9))
        assert all(list(item) == [
            "laptop_id", "category", "nama_tim", "dista", "distb", "frequency", "session_id", "relative_time",
            "timestamp"] and abs(item["distb"]) <= 500 for item in batch["data"])


def test_the_simulator_has_the_users_defaults_and_explains_itself(gateway):
    done = script("camera/simulate_data.py", "--help")
    assert "default: 60.0" in done.stdout
    gateway.down()
    done = script("camera/simulate_data.py", "--url", gateway.url, stdin="\n\n\n")
    assert "[baja]" in done.stdout and "[1.5]" in done.stdout and "[0.5]" in done.stdout
    assert done.returncode == 1 and "connection refused" in done.stderr


def hear_raw(gateway):
    """The gateway takes every message as it is."""
    messages = []
    gateway.acks = False

    def take(message):
        messages.append(message)
        return None
    gateway.refuse = take
    return messages


def test_the_monitor_counts_its_own_lane_only(gateway):
    others = {"type": "new_data", "data": [{"laptop_id": lane} for lane in range(2, 9)]}

    def broadcast(point):
        gateway.say(json.dumps({"type": "new_data", "data": [{"laptop_id": point["laptop_id"]}]}))
        gateway.say(json.dumps(others))
    gateway.answer_hook = broadcast
    done = script("camera/camera_with_monitor.py", "1", "-d", "1", "-i", "0.1", "--api", gateway.api_url)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "(100.0%): EXCELLENT" in done.stdout and "free mode" in done.stdout


def test_the_monitor_survives_the_closed_valve(gateway):
    gateway.refuse = lambda _: "realtime_off"
    done = script("camera/camera_with_monitor.py", "1", "-d", "0.3", "-i", "0.1", "--api", gateway.api_url)
    assert done.returncode == 1 and done.stderr == ""
    assert "Realtime saving is disabled by admin" in done.stdout and "NOTHING STORED" in done.stdout


def test_discovery_finds_a_gateway_and_reports_none(gateway, monkeypatch, capsys):
    assert discovery.SERVICE_TYPE == "_saluran-camera._tcp.local."
    # A type of its own, so that no other gateway of this machine or network is found.
    monkeypatch.setattr(discovery, "SERVICE_TYPE", f"_saluran-{gateway.port}._tcp.local.")
    on_loopback(monkeypatch)
    sender = CameraSenderWS(1, "discover")
    monkeypatch.setattr(discovery, "SEARCH_SECONDS", 0.5)
    with pytest.raises(discovery.NotFound, match="no camera gateway answered"):
        discovery.find_gateway(0.5)
    announcer = zeroconf.Zeroconf(interfaces=["127.0.0.1"])
    try:
        announcer.register_service(zeroconf.ServiceInfo(
            discovery.SERVICE_TYPE, f"saluran-test.{discovery.SERVICE_TYPE}", port=gateway.port,
            addresses=[socket.inet_aton("127.0.0.1")], properties={"path": "/"}, server="saluran-test.local."))
        assert discovery.find_gateway(5) == f"ws://127.0.0.1:{gateway.port}/"
        with sender:
            assert sender.connected and sender.ws_url == "discover"
    finally:
        announcer.close()
    assert f"Connected to ws://127.0.0.1:{gateway.port}/" in capsys.readouterr().out


def on_loopback(monkeypatch):
    whole = zeroconf.Zeroconf
    monkeypatch.setattr(zeroconf, "Zeroconf", lambda interfaces=("127.0.0.1",): whole(interfaces=list(interfaces)))


def test_without_zeroconf_discovery_says_what_to_install(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "zeroconf", None)
    sender = CameraSenderWS(1, "discover")
    assert sender.connect() is False
    assert "pip install \"saluran-examples[discovery]\"" in capsys.readouterr().out
    sender.disconnect()
