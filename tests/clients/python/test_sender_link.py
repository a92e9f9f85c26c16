"""What becomes of a camera's points when networks and servers misbehave: counts of sent, acknowledged, stored."""

from __future__ import annotations

import gc
import random
import subprocess
import sys
import threading
import time

import pytest

from camera_gateway import Gateway
from senders import PYTHON, balanced, until

from opencv_camera_sender_ws import CameraSenderWS
from saluran_camera import link, websocket_transport
from saluran_camera.buffer import WINDOW, Buffer
from saluran_camera.point import OLDEST_SECONDS, measured_now


@pytest.fixture
def gateway():
    with Gateway() as gateway:
        yield gateway


def send_for(sender, seconds, pause=1 / 30):
    """Points numbered on, as a camera sends them; their true times, by number."""
    times = {}
    ends = time.monotonic() + seconds
    while (now := time.monotonic()) < ends:
        number = sender.success_count + sender.fail_count
        sender.send(number, 0, True, True)
        times[number] = now
        threading.Event().wait(pause)
    return times


def test_a_cut_of_five_seconds_loses_nothing_and_dates_every_point(gateway, capsys):
    with CameraSenderWS(1, gateway.url) as sender:
        times = send_for(sender, 1)
        gateway.down()
        until(lambda: not sender.connected)
        failed = sender.fail_count
        offline = send_for(sender, 5)
        assert sender.fail_count == failed + len(offline), "a failure for each point sent while cut off"
        gateway.up()
        until(lambda: sender.connected)
        times = {**times, **offline, **send_for(sender, 1)}
        until(lambda: sender.get_stats()["buffered"] == 0)
        stats = sender.get_stats()
    assert stats["acknowledged"] == len(times) == stats["total"] and stats["dropped"] == 0
    assert stats["reconnects"] == 1
    assert [point["dista"] for point in gateway.points] == sorted(times), "each once, and in order"
    for point in gateway.points:
        measured = point["arrived"] - point.get("age_ms", 0) / 1000
        assert abs(measured - times[point["dista"]]) < 0.4, point
    assert sum(1 for point in gateway.points if point.get("age_ms", 0) > 1000) > 100
    out = capsys.readouterr().out
    assert out.count("Connection lost") == 1 and out.count("Connected again") == 1


def test_what_was_written_and_not_answered_is_written_again_under_its_number(gateway):
    gateway.acks = False
    with CameraSenderWS(1, gateway.url) as sender:
        for number in range(20):
            sender.send(number, 0, True, True)
        gateway.wait_for(lambda gateway: len(gateway.frames) == 20)
        gateway.acks = True
        gateway.cut()
        until(lambda: sender.get_stats()["acknowledged"] == 20)
    assert len(gateway.frames) == 40 and len(gateway.points) == 20
    assert [frame["seq"] for frame in gateway.frames] == [*range(1, 21), *range(1, 21)]


def test_cuts_at_any_moment_lose_and_double_nothing(gateway, monkeypatch):
    monkeypatch.setattr(link, "FIRST_WAIT_SECONDS", 0.01)
    chance = random.Random(7)
    with CameraSenderWS(1, gateway.url) as sender:
        for number in range(2000):
            sender.send(number, 0, True, True)
            threading.Event().wait(0.001)
            if chance.random() < 0.02:
                gateway.cut()
        until(lambda: sender.get_stats()["acknowledged"] == 2000)
        stats = sender.get_stats()
    assert stats["reconnects"] > 10 and balanced(stats, 2000)
    assert [point["dista"] for point in gateway.points] == list(range(2000))


def test_the_first_connection_may_come_late(gateway):
    gateway.down()
    with CameraSenderWS(1, gateway.url) as sender:
        assert sender.send(1, 2, True, True) is False
        gateway.up()
        until(lambda: sender.get_stats()["acknowledged"] == 1)
        assert sender.send(3, 4, True, True) is True
    assert [point["dista"] for point in gateway.points] == [1, 3]


def test_connecting_by_hand_after_a_failure_loses_nothing(gateway):
    sender = CameraSenderWS(1, gateway.url)
    assert sender.connect()
    gateway.down()
    until(lambda: not sender.connected)
    for number in range(3):
        assert sender.send(number, 0, True, True) is False
        started = time.monotonic()
        sender.disconnect()
        assert time.monotonic() - started < 1, "there is nobody to flush to"
        assert sender.connect() is False
    gateway.up()
    sender.disconnect()
    assert sender.connect() is True
    sender.disconnect()
    assert [point["dista"] for point in gateway.points] == [0, 1, 2]


def test_a_full_buffer_drops_the_oldest_and_counts_them(gateway):
    gateway.down()
    with CameraSenderWS(1, gateway.url, buffer_limit=100) as sender:
        for number in range(250):
            sender.send(number, 0, True, True)
        stats = sender.get_stats()
        assert (stats["buffered"], stats["dropped"], stats["failed"]) == (100, 150, 250)
        gateway.up()
        until(lambda: sender.get_stats()["acknowledged"] == 100)
    assert [point["dista"] for point in gateway.points] == list(range(150, 250))
    assert balanced(sender.get_stats(), 250)


@pytest.mark.parametrize("acks", [True, False])
def test_sending_never_waits_for_a_server_that_stops_reading(monkeypatch, acks):
    monkeypatch.setattr(websocket_transport, "PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr(websocket_transport, "TIMEOUT_SECONDS", 1.0)
    gateway = Gateway(acks)
    gateway.receive_buffer = 4096
    with gateway, CameraSenderWS(1, gateway.url) as sender:
        sender.send(0, 0, True, True)
        until(lambda: sender.get_stats()["acknowledged" if acks else "unconfirmed"] == 1)
        gateway.reading.clear()
        longest = 0.0
        for number in range(1, 30_001):
            started = time.monotonic()
            sender.send(number, 0, True, True)
            longest = max(longest, time.monotonic() - started)
        assert longest < 0.8, "a write that blocks lasts a second"
        stats = sender.get_stats()
        assert stats["buffered"] <= 10_000 and stats["dropped"] > 0
        started = time.monotonic()
        sender.disconnect()
        assert time.monotonic() - started < 5, "closing is bounded too"
        assert balanced(sender.get_stats(), 30_001)


def test_an_old_server_without_acknowledgements_works(monkeypatch):
    monkeypatch.setattr(websocket_transport, "PATIENCE_SECONDS", 0.3)
    with Gateway(acks=False) as gateway, CameraSenderWS(1, gateway.url) as sender:
        for number in range(5):
            assert sender.send(number, 0, True, True) is True
        until(lambda: sender.get_stats()["unconfirmed"] == 5)
        sender.send(5, 0, True, True)
        until(lambda: sender.get_stats()["unconfirmed"] == 6)
        stats = sender.get_stats()
        assert (stats["success"], stats["acknowledged"], stats["buffered"]) == (6, 0, 0)
        gateway.down()
        until(lambda: not sender.connected)
        assert sender.send(6, 0, True, True) is False
        assert sender.get_stats()["buffered"] == 1, "what could not be written waits"
        gateway.up()
        gateway.wait_for(lambda gateway: len(gateway.frames) == 7)
    assert [frame["dista"] for frame in gateway.frames] == list(range(7)), "nothing is written twice"


def test_an_old_server_in_the_place_of_a_new_one_is_found_out(monkeypatch):
    monkeypatch.setattr(websocket_transport, "TRUSTING_PATIENCE_SECONDS", 0.3)
    with Gateway() as gateway, CameraSenderWS(1, gateway.url) as sender:
        sender.send(0, 0, True, True)
        until(lambda: sender.get_stats()["acknowledged"] == 1)
        gateway.acks = False
        gateway.cut()
        until(lambda: sender.get_stats()["reconnects"] == 1)
        for number in range(1, WINDOW + 100):
            sender.send(number, 0, True, True)
        gateway.wait_for(lambda gateway: len(gateway.points) == WINDOW + 100)
        until(lambda: sender.get_stats()["unconfirmed"] == WINDOW + 99)
        gateway.acks = True
        sender.send(0, 0, True, True)
        sender.send(0, 0, True, True)
        until(lambda: sender.get_stats()["buffered"] == 0)
        assert balanced(sender.get_stats(), WINDOW + 102)


def test_leaving_an_old_server_is_quick_and_writes_nothing_twice():
    with Gateway(acks=False) as gateway:
        sender = CameraSenderWS(1, gateway.url)
        for number in range(2):
            with sender:
                sender.send(number, 0, True, True)
        assert [frame["dista"] for frame in gateway.frames] == [0, 1]
        assert sender.get_stats()["unconfirmed"] == 2


def test_a_refusal_is_counted_with_its_reason(gateway):
    gateway.refuse = lambda point: "realtime_off" if point["dista"] >= 2 else None
    with CameraSenderWS(1, gateway.url) as sender:
        for number in range(5):
            assert sender.send(number, 0, True, True) is True
        until(lambda: sender.get_stats()["buffered"] == 0)
        stats = sender.get_stats()
    assert (stats["acknowledged"], stats["refused"], stats["last_refusal"]) == (2, 3, "realtime_off")
    assert stats["success"] == 5 and stats["success_rate"] == 100, "handed over, as of old"
    assert len(gateway.frames) == 5, "a last word is not asked for again"


@pytest.mark.parametrize("reason", ["busy", "store_full"])
def test_a_refusal_that_passes_is_asked_again_under_a_new_number(gateway, monkeypatch, reason):
    monkeypatch.setattr(websocket_transport, "BUSY_SECONDS", 0.05)
    refusals = iter([reason] * 4)
    gateway.refuse = lambda point: next(refusals, None)
    with CameraSenderWS(1, gateway.url) as sender:
        for number in range(6):
            sender.send(number, 0, True, True)
        until(lambda: sender.get_stats()["acknowledged"] == 6)
        stats = sender.get_stats()
    assert (stats["refused"], stats["last_refusal"]) == (0, reason)
    assert sorted(point["dista"] for point in gateway.points) == list(range(6))
    numbers = [frame["seq"] for frame in gateway.frames]
    assert numbers == sorted(set(numbers)), "the server may keep the highest number only"


def test_a_silent_connection_is_given_up(gateway, monkeypatch):
    monkeypatch.setattr(websocket_transport, "PING_SECONDS", 0.1)
    monkeypatch.setattr(websocket_transport, "SILENCE_SECONDS", 1.0)
    with CameraSenderWS(1, gateway.url) as sender:
        until(lambda: sender._link.transport._answers_pings)
        gateway.reading.clear()
        until(lambda: not sender.connected)
        gateway.reading.set()
        until(lambda: sender.connected)
        assert sender.get_stats()["reconnects"] == 1


def test_a_program_that_just_ends_still_delivers(gateway):
    program = ("from opencv_camera_sender_ws import CameraSenderWS\n"
               f"sender = CameraSenderWS(1, {gateway.url!r})\n"
               "sender.connect()\n"
               "for i in range(300): sender.send(i, 0, True, True)\n")
    done = subprocess.run([sys.executable, "-c", program], cwd=PYTHON, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0 and done.stderr == ""
    assert [point["dista"] for point in gateway.points] == list(range(300))


def test_a_forgotten_sender_ends_its_threads(gateway):
    sender = CameraSenderWS(1, gateway.url)
    sender.connect()
    sender.send(1, 2, True, True)
    del sender
    gc.collect()
    gateway.wait_for(lambda gateway: gateway.connections() == 0)
    until(lambda: not [thread for thread in threading.enumerate() if thread.name.startswith("saluran-camera")])
    assert len(gateway.points) == 1


def test_points_are_in_flight_up_to_the_window():
    buffer = Buffer(10_000)
    for number in range(WINDOW + 10):
        buffer.add(measured_now(1, number, 0, True, True))
    taken = [buffer.take(0) for _ in range(WINDOW)]
    assert all(taken) and buffer.take(0) is None
    buffer.acknowledge(taken[0].seq)
    assert buffer.take(0).dista == WINDOW


def test_points_too_old_for_the_server_are_dropped():
    buffer = Buffer(10)
    for number in range(3):
        buffer.add(measured_now(1, number, 0, True, True))
    buffer._waiting[0].measured -= OLDEST_SECONDS + 1
    assert buffer.take(0).dista == 1 and buffer.dropped == 1


def test_an_answer_to_an_unknown_number_counts_nothing():
    buffer = Buffer(10)
    buffer.add(measured_now(1, 1, 0, True, True))
    point = buffer.take(0)
    buffer.acknowledge(point.seq)
    buffer.acknowledge(point.seq)
    buffer.refuse(77, "invalid")
    assert (buffer.acknowledged, buffer.refused, len(buffer)) == (1, 0, 0)
