"""The contest as its users live it: acceptance scenarios with the real senders, the real files, the real broker."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import statistics
import subprocess
import threading
import time
import zipfile

import pytest
import requests
import websocket

from broker_process import DEADLINE
from contest_broker import FIELDS, LANES, Camera, Contest, until
from senders import script
from tokens import token
from opencv_camera_sender import CameraSender
from opencv_camera_sender_ws import CameraSenderWS

POINT = {"type": "camera_data", "laptop_id": 1, "dista": 5.234, "distb": 3.456, "is_a_detected": True, "is_b_detected": True}


def first_frame(contest: Contest, message: dict) -> dict:
    """What a socket that speaks first hears first."""
    socket = websocket.create_connection(contest.camera_url, timeout=3)
    socket.send(json.dumps(message))
    frame = json.loads(socket.recv())
    socket.close()
    return frame


def receive(contest: Contest, **fields) -> requests.Response:
    body = {"laptop_id": 1, "dista": 1.0, "distb": 2.0, **fields}
    return requests.post(f"{contest.old_url}/api/receive_camera_data.php", json=body, timeout=DEADLINE)


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_e1_the_brief():
    """`start_new_session.php`, the sender as users run it, their query of the database."""
    with Contest() as contest:
        answer = requests.get(f"http://127.0.0.1:{contest.gateway}/start_new_session.php", timeout=DEADLINE)
        assert "New session started: ID=1, Category=baja, Frequency=1.5 Hz" in answer.text
        demo = script("opencv_camera_sender_ws.py", SALURAN_CAMERA_URL=contest.camera_url)
        assert demo.returncode == 0, demo.stderr
        assert demo.stdout.count("(100.0%)") == 2, demo.stdout
        contest.settled()
        newest = contest.rows("SELECT * FROM measurements WHERE laptop_id = 1 ORDER BY id DESC LIMIT 10")
        assert [(row[1], row[2], row[4]) for row in newest] == [(1, 1, 100.5 + 10 * n) for n in (4, 3, 2, 1, 0)]
        assert all(0 <= row[3] <= 60 for row in newest)
        assert contest.rows("SELECT COUNT(*) FROM measurements WHERE laptop_id = 2") == [(3,)]


def test_e1_quick_test_reads_its_own_point_first():
    """`quick_test_ws.py` reads one frame and wants eleven fields of an item in a list."""
    with Contest() as contest:
        contest.begin()
        frame = first_frame(contest, POINT)
        assert frame["type"] == "new_data" and isinstance(frame["data"], list)
        assert list(frame["data"][0])[:11] == FIELDS
        assert frame["data"][0]["session_id"] == 1 and frame["data"][0]["nama_tim"]


def test_e2_cameras_that_never_read_and_nine_pages():
    """Eight plain senders at 30 Hz that never read; nine raw pages get every point, in order per lane."""
    seconds, hertz = 4, 30
    with Contest() as contest:
        contest.begin()
        heard: list[list[dict]] = [[] for _ in range(9)]
        pages = [threading.Thread(target=listen, args=(contest, items, 8 * hertz * seconds), daemon=True) for items in heard]
        for page in pages:
            page.start()
        until(lambda: metric(contest) >= 9, "nine pages")
        senders = [threading.Thread(target=send_blindly, args=(contest, lane, hertz, seconds)) for lane in LANES]
        for sender in senders:
            sender.start()
        for thread in senders + pages:
            thread.join(30)
        contest.settled()
        expected = 8 * hertz * seconds
        counts = [len(items) for items in heard]
        print(f"sent {expected}, shown {counts}, stored {contest.rows('SELECT COUNT(*) FROM measurements')[0][0]}")
        assert counts == [expected] * 9
        assert contest.rows("SELECT COUNT(*) FROM measurements") == [(expected,)]
        for items in heard:
            for lane in LANES:
                values = [item["distb"] for item in items if item["laptop_id"] == lane]
                assert values == sorted(values)


def metric(contest: Contest) -> int:
    """Raw clients, by what the self-test says of the gateway."""
    steps = contest.call("POST", "/self-test")["steps"]
    [gateway] = [step for step in steps if step["name"] == "gateway"]
    return int(gateway["detail"].split(",")[1].split()[0])


def listen(contest: Contest, items: list[dict], count: int) -> None:
    socket = websocket.create_connection(contest.camera_url, timeout=DEADLINE)
    while len(items) < count:
        frame = json.loads(socket.recv())
        if frame["type"] == "new_data":
            items += frame["data"]
    socket.close()


def send_blindly(contest: Contest, lane: int, hertz: int, seconds: int) -> None:
    socket = websocket.create_connection(contest.camera_url, timeout=DEADLINE)
    begin = time.monotonic()
    for number in range(hertz * seconds):
        socket.send(json.dumps({**POINT, "laptop_id": lane, "distb": number / 10}))
        time.sleep(max(0.0, begin + (number + 1) / hertz - time.monotonic()))
    # Closed only when all has been taken: what nobody reads must not cost what was sent.
    until(lambda: contest.lanes()["lanes"][lane - 1]["received"] == hertz * seconds, f"all of lane {lane}")
    socket.close()


def test_e3_the_server_ends_a_run():
    """No page is open; the run ends by the server's clock, to the second, and everybody can see it."""
    with Contest(contest_run="2s") as contest:
        contest.begin()
        begin = time.monotonic()
        state = until(lambda: (s := contest.call("GET", "/state")["state"])["last"] and s, "the end of the run")
        assert 1.5 < time.monotonic() - begin < 3
        assert state["session"] is None
        assert (state["last"]["ended_by"], state["last"]["auto_stopped"], state["last"]["duration_seconds"]) == ("time", True, 2)


def test_e6_the_valve_holds_for_every_path():
    with Contest() as contest:
        contest.begin()
        assert receive(contest).json()["mode"] == "recording"
        contest.call("PUT", "/realtime", {"enabled": False})
        answer = receive(contest)
        assert (answer.status_code, answer.text) == (200, json.dumps({
            "success": False, "message": "Data rejected - Realtime saving is disabled by admin", "realtime_enabled": False,
            "laptop_id": 1}, separators=(",", ":")))
        refused = first_frame(contest, {**POINT, "ack": True, "seq": 7})
        assert (refused["type"], refused["seq"], refused["ok"], refused["reason"]) == ("ack", 7, False, "realtime_off")
        contest.call("PUT", "/realtime", {"enabled": True})
        assert receive(contest).json()["success"]
        contest.settled()
        assert contest.rows("SELECT COUNT(*) FROM measurements") == [(2,)]


def test_e7_a_category_keeps_its_points():
    with Contest() as contest:
        for category, distb in (("baja", 10.0), ("beton", 20.0), ("baja", 30.0)):
            frequency = 2.5 if distb == 30.0 else 1.5
            contest.begin(frequency, category)
            assert receive(contest, distb=distb).json()["data"]["category"] == category
            contest.end()
        by = {(row["category"], row["frequency"]): row["max_distb"] for row in contest.call("GET", "/statistics")["statistics"]}
        assert by == {("baja", 1.5): 10.0, ("beton", 1.5): 20.0, ("baja", 2.5): 30.0}
        rows = table(contest.call("GET", "/exports/session.csv"))
        assert [(row["Category"], row["Realtime_Disp_Puncak_mm"]) for row in rows] == [
            ("baja", "10.0000"), ("beton", "20.0000"), ("baja", "30.0000")]
        assert len({row["Team_Name"] for row in rows}) == 2


def test_e8_a_collapse_keeps_its_part():
    with Contest() as contest:
        contest.begin()
        receive(contest, distb=-55.5)
        run = contest.end(collapsed=True)
        assert (run["auto_stopped"], run["collapsed"], run["ended_by"]) == (False, True, "collapse")
        [row] = table(contest.call("GET", "/exports/session.csv"))
        assert row["Realtime_Disp_Puncak_mm"] == "-55.5000"
        team = table(contest.call("GET", "/exports/team.csv?laptop_id=1&category=baja"))
        assert [line["status"] for line in team] == ["Roboh"] + ["Tidak dilakukan"] * 4


def test_e9_statistics_are_of_magnitudes():
    with Contest() as contest:
        contest.begin()
        for distb in (-10, 20, -30):
            receive(contest, distb=distb)
        [row] = contest.call("GET", "/statistics?laptop_id=1")["statistics"]
        assert (row["count"], row["max_distb"], row["avg_distb"]) == (3, 30.0, 20.0)
        contest.settled()
        assert contest.rows("SELECT max_distb, avg_distb FROM v_session_statistics WHERE laptop_id = 1") == []
        contest.end()
        contest.settled()
        assert contest.rows("SELECT max_distb, avg_distb FROM v_session_statistics WHERE laptop_id = 1") == [(30.0, 20.0)]


def test_statistics_equal_a_recomputation_from_the_export():
    with Contest() as contest:
        contest.begin(3.5, "beton")
        crew = [Camera(contest.camera_url, lane, 50) for lane in LANES]
        for camera in crew:
            camera.start()
        until(lambda: all(len(camera.acknowledged) > 60 for camera in crew), "points of all lanes")
        for camera in crew:
            camera.finish()
        contest.end()
        exported = table(contest.call("GET", "/exports/points.csv"))
        for row in contest.call("GET", "/statistics")["statistics"]:
            values = [abs(float(line["distb_mm"])) for line in exported if line["laptop_id"] == str(row["laptop_id"])]
            assert row["count"] == len(values) == crew[row["laptop_id"] - 1].sent
            assert abs(row["max_distb"] - max(values)) < 1e-4
            assert abs(row["avg_distb"] - statistics.fmean(values)) < 1e-3


def test_e10_the_simulator_fills_every_lane():
    """The users' simulator, which starts and stops runs by itself; its points are judged as all others."""
    with Contest(gateway_relay="true", contest_run="6s") as contest:
        simulated = script("camera/simulate_data.py", "--category", "baja", "--frequency", "1.5", "--interval", "0.5",
                           "--seconds", "5", SALURAN_CAMERA_URL=contest.camera_url)
        assert simulated.returncode == 0, simulated.stdout + simulated.stderr
        points = contest.points(session_id=1)
        per_lane = {lane: [p["relative_seconds"] for p in points if p["laptop_id"] == lane] for lane in LANES}
        assert {len(times) for times in per_lane.values()} == {10}
        assert all(max(times) <= 6 for times in per_lane.values())


def test_the_ranking_is_a_workbook_with_the_best_first():
    formula = "=HYPERLINK(1)_Abhipraya"
    with Contest() as contest:
        contest.call("PUT", "/teams", {"teams": [{"laptop_id": 1, "category": "baja", "nama_tim": formula}]})
        contest.begin()
        for lane, distb in ((1, 30.0), (2, 10.0), (3, 20.0)):
            receive(contest, laptop_id=lane, distb=distb)
        contest.end()
        answer = requests.get(
            f"http://127.0.0.1:{contest.port}/api/v2/contest/exports/ranking.xlsx?category=baja", timeout=DEADLINE,
            headers={"Authorization": f"Bearer {contest.viewer}"})
        with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
            assert book.testzip() is None
            texts = re.findall(r"<t[^>]*>([^<]*)</t>", book.read("xl/sharedStrings.xml").decode())
            sheets = [book.read(name).decode() for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
        # What a team calls itself is a text, not a formula.
        assert formula in texts and len(sheets) == 2 and not any(re.search(r"<f[ >]", sheet) for sheet in sheets)
        names = [text for text in texts if text in ("Abhipraya", "Tim Seismastha", "Alvandaru Team") or text.endswith(
            ("_Abhipraya", "_Tim Seismastha", "_Alvandaru Team"))]
        assert [name.split("_")[-1] for name in dict.fromkeys(names)][:3] == ["Tim Seismastha", "Alvandaru Team", "Abhipraya"]


def test_both_senders_tell_the_truth():
    """C1-6…8, C1-26: the module of the brief and its HTTP twin, against the real broker."""
    with Contest() as contest:
        contest.begin()
        with CameraSenderWS(1, contest.camera_url) as sender:
            assert all(sender.send(1.0, float(n), True, True) for n in range(50))
            until(lambda: sender.get_stats()["acknowledged"] == 50, "acknowledgements")
        with CameraSender(2, contest.old_url) as sender:
            assert all(sender.send(1.0, float(n), True, True) for n in range(20))
            until(lambda: sender.get_stats()["acknowledged"] == 20, "acknowledgements")
        contest.settled()
        assert contest.rows("SELECT laptop_id, COUNT(*) FROM measurements GROUP BY 1 ORDER BY 1") == [(1, 50), (2, 20)]


def test_spectators_cannot_touch_a_run():
    """D1: nobody on the hotspot stops or wipes a run."""
    with Contest() as contest:
        contest.begin()
        camera = token(sub="camera-1", roles=["camera"], laptop_id=1)
        for bearer in (contest.viewer, camera):
            contest.call("POST", "/runs/current/stop", {}, bearer, 403)
            contest.call("POST", "/clears", {"scope": "all"}, bearer, 403)
            contest.call("PUT", "/realtime", {"enabled": False}, bearer, 403)
            contest.call("GET", "/state", None, bearer, 200)
        assert contest.call("GET", "/state")["state"]["session"]["status"] == "running"


def test_lane_keys_keep_strangers_out():
    keys = ",".join(f"kunci-{lane}" for lane in LANES)
    with Contest(gateway_keys=keys) as contest:
        refused = first_frame(contest, {**POINT, "ack": True, "seq": 1})
        assert (refused["ok"], refused["reason"]) == (False, "key")
        with CameraSenderWS(1, contest.camera_url, key="kunci-1") as sender:
            assert sender.send(1, 2, True, True)
            until(lambda: sender.get_stats()["acknowledged"] == 1, "the acknowledgement")
        with CameraSenderWS(2, contest.camera_url, key="kunci-1") as sender:
            sender.send(1, 2, True, True)
            until(lambda: sender.get_stats()["refused"] == 1, "the refusal of another lane's key")


@pytest.mark.parametrize("step", [3600, -3600])
def test_a_clock_that_is_set_moves_no_point(step: int):
    """The machine's clock is set by an hour in a run: points stay in place, the run ends when its time is over."""
    library = subprocess.run(["dpkg", "-L", "libfaketime"], capture_output=True, text=True).stdout.split()
    [library] = [path for path in library if path.endswith("libfaketime.so.1")][:1] or [None]
    assert library, "install the package faketime"
    with Contest(contest_run="5s") as contest:
        clock = os.path.join(contest.directory.name, "clock")
        with open(clock, "w", encoding="utf-8") as file:
            file.write("+0")
        contest.environment = {
            "LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": clock, "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1"}
        contest.stop()
        contest.start()
        run = contest.begin()
        begin = time.monotonic()
        camera = Camera(contest.camera_url, 1, 20)
        camera.start()
        until(lambda: len(camera.acknowledged) > 30, "points before")
        before = contest.call("GET", "/state")["state"]["server_time_ms"]
        with open(clock, "w", encoding="utf-8") as file:
            file.write(f"{step:+}")
        until(lambda: abs(contest.call("GET", "/state")["state"]["server_time_ms"] - before) > 3_500_000, "the new time")
        ended = until(lambda: contest.call("GET", "/state")["state"]["last"], "the end of the run")
        assert 4.5 < time.monotonic() - begin < 7
        camera.finish()
        assert (ended["ended_by"], ended["duration_seconds"]) == ("time", 5)
        points = contest.points(session_id=run["session_id"])
        times = [point["relative_seconds"] for point in points]
        assert times == sorted(times) and 4 < max(times) <= 5
        stamps = [point["timestamp_ms"] for point in points]
        assert max(stamps) - min(stamps) < 6000, "the run's own clock was not set"
