"""The contest when things break: nothing that was acknowledged is lost, and everybody is told.

Each test prints how many points were sent, acknowledged, stored and shown.
"""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from broker_process import BINARY
from contest_broker import LANES, Camera, Contest, until
from cutting_line import Line


def cameras(contest: Contest, hertz: float, url: str | None = None) -> list[Camera]:
    found = [Camera(url or contest.camera_url, lane, hertz) for lane in LANES]
    for camera in found:
        camera.start()
    return found


def account(contest: Contest, crew: list[Camera], what: str) -> None:
    """Everything acknowledged is stored exactly once, with the value that was sent, and so shown."""
    contest.settled()
    stored = Counter((lane, value) for lane, value in contest.rows("SELECT laptop_id, distb FROM measurements"))
    shown = Counter((point["laptop_id"], point["distb"]) for point in contest.points())
    safe = Counter((camera.lane, camera.values[seq]) for camera in crew for seq in camera.acknowledged)
    sent = sum(camera.sent for camera in crew)
    print(f"{what}: sent {sent}, acknowledged {safe.total()}, stored {stored.total()}, shown {shown.total()}")
    assert max(stored.values()) == 1, "a point was stored twice"
    assert safe - stored == Counter(), "an acknowledged point is not stored"
    assert shown == stored


def test_killed_in_a_run_nothing_acknowledged_is_lost():
    """`kill -9` while eight cameras send; the run goes on after the restart."""
    with Contest() as contest:
        run = contest.begin()
        crew = cameras(contest, 30)
        until(lambda: sum(len(camera.acknowledged) for camera in crew) > 300, "points before the fault")
        contest.kill()
        before = sum(len(camera.acknowledged) for camera in crew)
        contest.start()
        until(lambda: sum(len(camera.acknowledged) for camera in crew) > before + 300, "points after the restart")
        assert contest.call("GET", "/state")["state"]["session"]["session_id"] == run["session_id"]
        for camera in crew:
            camera.finish()
        account(contest, crew, "kill -9")
        assert all(len(camera.acknowledged) == camera.sent for camera in crew)
        times = [point["relative_seconds"] for point in contest.points(session_id=run["session_id"], laptop_id=1)]
        gaps = [later - earlier for earlier, later in zip(sorted(times), sorted(times)[1:])]
        assert max(gaps) < 1, "points that waited for the broker stand where they were measured"


def test_killed_again_and_again():
    with Contest() as contest:
        contest.begin()
        crew = cameras(contest, 50)
        for round_ in range(1, 6):
            goal = sum(len(camera.acknowledged) for camera in crew) + 60 * round_
            until(lambda: sum(len(camera.acknowledged) for camera in crew) > goal, "points")
            contest.kill()
            contest.start()
        for camera in crew:
            camera.finish()
        account(contest, crew, "five kills")


def test_a_locked_database_delays_nothing_and_gets_everything():
    """Another program holds the database: points go on, pages see them, and the database catches up in order."""
    with Contest() as contest:
        contest.begin()
        contest.settled()
        crew = cameras(contest, 30)
        other = sqlite3.connect(contest.folder / "saluran.db", timeout=10, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        goal = sum(len(camera.acknowledged) for camera in crew) + 1500
        latencies: list[float] = []
        until(lambda: sum(len(camera.acknowledged) for camera in crew) > goal or latencies.append(round_trip(contest)),
              "points while the database is locked", 30)
        behind = contest.lanes()["store"]["behind"]
        shown = len(contest.points())
        other.execute("ROLLBACK")
        other.close()
        for camera in crew:
            camera.finish()
        latencies.sort()
        print(f"locked: {behind} behind, p99 {latencies[int(len(latencies) * 0.99) - 1] * 1000:.1f} ms")
        assert behind > 1000 and shown > 1000
        account(contest, crew, "locked database")
        serials = [row[0] for row in contest.rows("SELECT id FROM measurements ORDER BY id")]
        assert serials == [point["serial"] for point in contest.points()]


def round_trip(contest: Contest) -> float:
    begin = time.monotonic()
    contest.lanes()
    return time.monotonic() - begin


def test_a_full_disk_refuses_and_loses_nothing(tmp_path: Path):
    """The store's folder is a file system of 16 MiB; points are refused when it is full, and taken when it has room."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder)], capture_output=True, text=True)
    if mounted.returncode != 0:
        pytest.fail(f"this test mounts a small file system, as root or in a user namespace: {mounted.stderr}")
    try:
        filler = folder / "filler"
        with Contest(store_folder=str(folder)) as contest:
            contest.settled()
            filler.write_bytes(b"0" * (free(folder) - 64 * 1024))
            crew = cameras(contest, 100)
            until(lambda: any(camera.refused for camera in crew), "refusals")
            assert contest.lanes()["store"]["full"]
            assert {reason for camera in crew for reason in camera.refused.values()} == {"store_full"}
            filler.unlink()
            refused = sum(len(camera.refused) for camera in crew)
            goal = sum(len(camera.acknowledged) for camera in crew) + 200
            until(lambda: sum(len(camera.acknowledged) for camera in crew) > goal, "points again")
            for camera in crew:
                camera.finish()
            print(f"refused {refused} and more")
            account(contest, crew, "full disk")
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def free(folder: Path) -> int:
    return shutil.disk_usage(folder).free


@pytest.mark.parametrize("seconds", [5])
def test_a_camera_that_is_cut_off_delivers_late_and_in_place(seconds: int):
    with Contest() as contest, Line(contest.gateway) as line:
        run = contest.begin()
        crew = [Camera(f"ws://127.0.0.1:{line.port}", 1, 30)]
        crew[0].start()
        until(lambda: len(crew[0].acknowledged) > 30, "points before the cut")
        line.cut()
        threading.Event().wait(seconds)
        line.mend()
        until(lambda: len(crew[0].acknowledged) > 30 + 30 * seconds, "points after the cut")
        crew[0].finish()
        account(contest, crew, f"cut off for {seconds} s")
        assert len(crew[0].acknowledged) == crew[0].sent
        times = sorted(point["relative_seconds"] for point in contest.points(session_id=run["session_id"]))
        assert max(later - earlier for earlier, later in zip(times, times[1:])) < 2, "no hole where the cut was"
        assert contest.lanes()["lanes"][0]["late"] > 0


def test_two_cameras_on_one_lane_are_both_taken():
    with Contest() as contest:
        contest.begin()
        one, other = (Camera(contest.camera_url, 1, 20, sender) for sender in ("one", "other"))
        one.start()
        other.start()
        until(lambda: len(one.acknowledged) > 40 and len(other.acknowledged) > 40, "points of both")
        assert contest.lanes()["lanes"][0]["connected"] == 2
        one.finish()
        other.finish()
        contest.settled()
        [(stored,)] = contest.rows("SELECT COUNT(*) FROM measurements")
        print(f"two cameras: sent {one.sent + other.sent}, stored {stored}")
        assert stored == one.sent + other.sent == len(one.acknowledged) + len(other.acknowledged)


def test_a_goodbye_in_a_run_keeps_everything():
    """SIGTERM, as an operator ends it: the run goes on afterwards, everything is in the database."""
    with Contest() as contest:
        run = contest.begin()
        crew = cameras(contest, 30)
        until(lambda: sum(len(camera.acknowledged) for camera in crew) > 200, "points")
        contest.stop()
        contest.start()
        assert contest.call("GET", "/state")["state"]["session"]["session_id"] == run["session_id"]
        for camera in crew:
            camera.finish()
        account(contest, crew, "SIGTERM")


def test_no_second_broker_takes_the_folder():
    with Contest() as contest:
        answer = subprocess.run(
            [str(BINARY), "serve", "--config", "channels.toml"], cwd=contest.directory.name, capture_output=True, text=True,
            timeout=10, env={"SALURAN_SERVER_PORT": "0", "SALURAN_SERVER_ADMIN": "off", "SALURAN_SERVER_ANNOUNCE": "off",
                             "SALURAN_GATEWAY_LISTEN": "127.0.0.1:0", "SALURAN_SERVER_HOST": "127.0.0.1"})
        assert answer.returncode == 69
        assert "another broker uses" in answer.stderr
