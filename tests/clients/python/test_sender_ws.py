"""`CameraSenderWS` as programs for the first sender use it: each row of its API, and what it puts on the wire."""

from __future__ import annotations

import json
import socket
import threading

import numpy as np
import pytest

from camera_gateway import Gateway
from senders import script, until

from opencv_camera_sender_ws import CameraSenderWS
from saluran_camera.address import explain

FIVE = {"success": 0, "failed": 0, "total": 0, "success_rate": 0.0, "connected": False}
NOT_CONNECTED = "Not connected. Call connect() first!\n"


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    for name in ("SALURAN_CAMERA_URL", "SALURAN_CAMERA_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def gateway():
    with Gateway() as gateway:
        yield gateway


@pytest.fixture
def sender(gateway):
    with CameraSenderWS(1, gateway.url) as sender:
        yield sender


def five(stats):
    return {name: stats[name] for name in FIVE}


def test_a_new_sender_has_its_attributes_and_no_connection():
    sender = CameraSenderWS(laptop_id=3)
    assert (sender.laptop_id, sender.ws_url, sender.ws) == (3, "ws://localhost:8080", None)
    assert (sender.success_count, sender.fail_count, sender.connected) == (0, 0, False)
    assert five(sender.get_stats()) == FIVE
    assert list(sender.get_stats())[:5] == list(FIVE)
    assert CameraSenderWS(99, "nonsense").ws_url == "nonsense", "nothing is validated"


def test_the_address_is_the_argument_then_the_environment_then_localhost(monkeypatch):
    monkeypatch.setenv("SALURAN_CAMERA_URL", "ws://192.168.43.10:8080")
    assert CameraSenderWS(1).ws_url == "ws://192.168.43.10:8080"
    assert CameraSenderWS(1, "ws://10.0.0.1:8080").ws_url == "ws://10.0.0.1:8080"
    monkeypatch.delenv("SALURAN_CAMERA_URL")
    assert CameraSenderWS(1).ws_url == "ws://localhost:8080"


def test_send_before_connect_says_so_and_keeps_nothing(capsys):
    sender = CameraSenderWS(1)
    for count in (1, 2):
        assert sender.send(1.0, 2.0, True, True) is False
        assert capsys.readouterr().out == NOT_CONNECTED
        assert (sender.fail_count, sender.success_count) == (count, 0)
    assert sender.get_stats()["buffered"] == 0


def test_connect_send_stats_disconnect(gateway, capsys):
    sender = CameraSenderWS(2, gateway.url)
    assert sender.connect() is True and sender.connected is True and sender.ws is not None
    assert sender.send(5.234, 3.456, True, False) is True
    assert sender.send(dista=-1, distb="2.5", is_a_detected=0, is_b_detected=1) is True
    until(lambda: sender.get_stats()["acknowledged"] == 2)
    assert five(sender.get_stats()) == {
        "success": 2, "failed": 0, "total": 2, "success_rate": 100.0, "connected": True}
    sender.disconnect()
    assert sender.connected is False and sender.ws is None
    sender.disconnect()
    assert gateway.goodbyes == 1
    out = capsys.readouterr().out
    assert f"Connecting to {gateway.url} ...\nConnected to {gateway.url} (laptop 2)\n" in out
    assert out.count("Connection closed") == 1
    assert sender.send(1, 2, True, True) is False
    assert capsys.readouterr().out == NOT_CONNECTED
    assert five(sender.get_stats())["success_rate"] == pytest.approx(200 / 3)


def test_a_point_is_five_fields_and_what_acknowledges_it(gateway, sender):
    sender.send(5.234, 3.456, True, False)
    sender.send(1, 2, True, True)
    gateway.wait_for(lambda gateway: len(gateway.frames) == 2)
    first, second = gateway.frames
    assert list(first.items())[:6] == [
        ("type", "camera_data"), ("laptop_id", 1), ("dista", 5.234), ("distb", 3.456), ("is_a_detected", True),
        ("is_b_detected", False)]
    assert list(first)[6:] == ["ack", "seq", "sender"] and first["ack"] is True
    assert second["seq"] == first["seq"] + 1 and second["sender"] == first["sender"]
    assert 1 <= len(first["sender"]) <= 64
    assert CameraSenderWS(1)._sender != CameraSenderWS(1)._sender


def test_the_lane_may_change_and_may_be_text(gateway, sender):
    sender.laptop_id = "7"
    sender.send(1, 2, True, True)
    gateway.wait_for(lambda gateway: len(gateway.frames) == 1)
    assert gateway.frames[0]["laptop_id"] == 7


def test_numpy_scalars_become_plain_json(gateway, sender):
    sender.laptop_id = np.int64(1)
    assert sender.send(np.float64(1.5), np.float32(0.25), np.bool_(True), np.bool_(False)) is True
    assert sender.send(np.int32(4), np.array([2.5])[0], np.uint8(1), True) is True
    gateway.wait_for(lambda gateway: len(gateway.frames) == 2)
    assert [(f["dista"], f["distb"], f["is_a_detected"], f["is_b_detected"]) for f in gateway.frames] == [
        (1.5, 0.25, True, False), (4.0, 2.5, True, True)]


@pytest.mark.parametrize("value, cause", [
    (float("nan"), "dista is nan: not a displacement"), (np.inf, "dista is inf: not a displacement"),
    (float("-inf"), "dista is -inf: not a displacement"), ("text", "could not convert string to float: 'text'"),
    (None, "TypeError")])
def test_what_is_no_number_is_refused_with_its_cause(gateway, sender, capsys, value, cause):
    assert sender.send(value, 1.0, True, True) is False
    assert sender.connected is True and sender.fail_count == 1
    assert cause in capsys.readouterr().out
    assert sender.send(1.0, 1.0, True, True) is True
    gateway.wait_for(lambda gateway: len(gateway.frames) == 1)
    assert gateway.frames[0]["dista"] == 1.0


def test_a_repeated_mistake_is_said_once(sender, capsys):
    capsys.readouterr()
    for _ in range(50):
        sender.send(float("nan"), 1.0, True, True)
    assert sender.fail_count == 50
    assert capsys.readouterr().out.count("refused") == 1


def test_context_manager_on_a_class_and_on_an_object(gateway):
    with CameraSenderWS(1, gateway.url) as sender:
        assert sender.connected
        sender.send(1, 2, True, True)
    assert not sender.connected and sender.ws is None
    with sender as same:
        assert same is sender and sender.connected
        sender.send(3, 4, True, True)
    assert [point["dista"] for point in gateway.points] == [1, 3], "leaving delivers the last point"


def test_the_context_manager_swallows_nothing(gateway):
    with pytest.raises(KeyError):
        with CameraSenderWS(1, gateway.url) as sender:
            raise KeyError("x")
    assert not sender.connected


def test_connection_refused_prints_a_cause_and_a_remedy(gateway, capsys):
    gateway.down()
    sender = CameraSenderWS(1, gateway.url)
    with sender as entered:
        assert entered is sender and sender.connected is False and sender.ws is None
        out = capsys.readouterr().out
        assert f"connection refused: nothing listens at {gateway.url}" in out and "Start the server" in out
        assert "SALURAN_CAMERA_URL" in out and "jalankan server" in out
        assert sender.send(1, 2, True, True) is False and sender.fail_count == 1


@pytest.mark.parametrize("url, text", [
    ("ws://127.0.0.1:notaport", "notaport"), ("ftp://127.0.0.1:1", "ftp://127.0.0.1:1")])
def test_a_wrong_address_never_raises(capsys, url, text):
    sender = CameraSenderWS(1, url)
    assert sender.connect() is False
    assert text in capsys.readouterr().out
    sender.disconnect()


def test_each_cause_has_a_remedy():
    name = explain(socket.gaierror(-2, "Name or service not known"), "ws://broker.local:8080")
    assert "broker.local is not known" in name and "IP address" in name
    assert "firewall" in explain(TimeoutError("timed out"), "ws://10.0.0.1:8080")


def test_another_server_or_a_missing_key_is_explained(gateway, capsys):
    for status, text in ((403, "Give the lane's key"), (404, "not as the camera gateway (HTTP 404)")):
        gateway.upgrade_status = status
        sender = CameraSenderWS(1, gateway.url)
        assert sender.connect() is False
        assert text in capsys.readouterr().out
        sender.disconnect()


def test_a_bare_host_and_port_will_do(gateway):
    with CameraSenderWS(1, f"localhost:{gateway.port}") as sender:
        assert sender.connected and sender.ws_url == f"localhost:{gateway.port}"


def test_connect_and_disconnect_work_repeatedly(gateway):
    sender = CameraSenderWS(1, gateway.url)
    for number in range(5):
        assert sender.connect() is True and sender.connect() is True
        assert sender.send(number, 0, True, True) is True
        sender.disconnect()
    assert [point["dista"] for point in gateway.points] == [0, 1, 2, 3, 4]
    assert len(gateway.handshakes) == 5
    assert sender.get_stats()["reconnects"] == 0, "nothing came back by itself"


def test_the_key_goes_into_the_handshake_and_nowhere_else(gateway, capsys):
    with CameraSenderWS(1, gateway.url + "/?key=in-the-url", key="lane-secret") as sender:
        sender.send(1, 2, True, True)
    assert "X-Lane-Key: lane-secret" in gateway.handshakes[0]
    assert "lane-secret" not in json.dumps(gateway.frames)
    out = capsys.readouterr().out + repr(sender) + repr(sender.get_stats())
    assert "lane-secret" not in out and "in-the-url" not in out


def test_receive_response_returns_the_next_frame_that_is_no_ack(gateway):
    gateway.greeting = ['{"type":"initial_data","data":[]}']
    gateway.echo = True
    sender = CameraSenderWS(1, gateway.url)
    assert sender.receive_response(timeout=0.01) is None
    with sender:
        sender.send(1.5, 2, True, True)
        assert sender.receive_response(timeout=5) == {"type": "initial_data", "data": []}
        echo = sender.receive_response(timeout=5)
        assert echo["type"] == "new_data" and echo["data"][0]["dista"] == 1.5
        assert sender.receive_response(timeout=0.01) is None
        gateway.say("no json")
        assert sender.receive_response(timeout=5) is None
        gateway.say('{"type":"error","reason":"busy","error":"…"}')
        assert sender.receive_response(timeout=5)["reason"] == "busy"
        assert sender.get_stats()["last_refusal"] == "busy"


def test_pings_are_answered_although_nobody_reads(gateway, sender):
    gateway.ping()
    gateway.wait_for(lambda gateway: gateway.pongs == 1)


def test_many_threads_may_send(gateway, sender):
    threads = [threading.Thread(target=lambda: [sender.send(1, 2, True, True) for _ in range(200)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    until(lambda: sender.get_stats()["acknowledged"] == 1600)
    assert sender.success_count == 1600 and sender.fail_count == 0
    assert [point["seq"] for point in gateway.points] == list(range(1, 1601))


def test_the_demonstration_ends_with_100_percent(gateway):
    done = script("opencv_camera_sender_ws.py", SALURAN_CAMERA_URL=gateway.url)
    assert done.returncode == 0, done.stderr
    lanes = [(point["laptop_id"], point["dista"], point["distb"]) for point in gateway.points]
    assert lanes[:5] == [(1, 100.5 + 10 * i, 200.3 - 5 * i) for i in range(5)]
    assert [lane for lane, _, _ in lanes[5:]] == [2, 2, 2]
    for line in (f"Connecting to {gateway.url}", "[5] laptop 1: dista=140.5 mm, distb=180.3 mm -> OK", "Total    : 5",
                 "Sukses   : 5 (100.0%)", "Gagal    : 0", "Status   : Connected", "5 stored", "Connection closed"):
        assert line in done.stdout
    assert done.stdout.rindex("(100.0%)") > done.stdout.rindex("[3] laptop 2"), "it ends with 100 %"


def test_the_demonstration_without_a_server_explains_itself(gateway):
    gateway.down()
    done = script("opencv_camera_sender_ws.py", SALURAN_CAMERA_URL=gateway.url)
    assert done.returncode == 1
    assert "connection refused" in done.stdout and "Traceback" not in done.stderr
