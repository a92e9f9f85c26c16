"""What takes its time: a real minute, a database away for thirty seconds, a camera and a page cut off for a minute.

All of it runs at once, each in a contest of its own, and each test waits for its part. Counts are printed.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from contest_broker import LANES, Camera, Contest, until
from contest_page import PLACE_SECONDS, Page, percentile, spread
from contest_postgres import Postgres
from cutting_line import Line
from senders import balanced
from opencv_camera_sender_ws import CameraSenderWS

AWAY_SECONDS = 30
CUT_SECONDS = 60


def safe_points(crew: list[Camera]) -> Counter:
    return Counter((camera.lane, camera.values[seq]) for camera in crew for seq in camera.acknowledged)


def per_lane(points: Iterable[tuple[int, float]]) -> dict[int, list[float]]:
    found: dict[int, list[float]] = {lane: [] for lane in LANES}
    for lane, value in points:
        found[lane].append(value)
    return found


def minute() -> dict:
    """A whole run of eight lanes at 10 Hz that nobody ends, with three pages, and a fourth that is cut off for a minute."""
    with (Contest() as contest, Line(contest.port) as line, Page(contest) as one, Page(contest) as two,
          Page(contest) as three, Page(contest, line.port) as gone):
        crew = [Camera(contest.camera_url, lane, 10) for lane in LANES]
        contest.begin()
        for camera in crew:
            camera.start()
        until(lambda: len(gone.points) > 100, "points before the cut")
        line.cut()
        cut = time.monotonic()
        until(lambda: contest.call("GET", "/state")["state"]["last"], "the end of the minute", 70)
        threading.Event().wait(cut + CUT_SECONDS - time.monotonic())
        seen = len(gone.points)
        line.mend()
        for camera in crew:
            camera.finish()
        contest.settled()
        pages = [one, two, three, gone]
        sent = sum(camera.sent for camera in crew)
        until(lambda: all(len(page.points) == sent for page in pages), "all points on all pages", 40)
        return {
            "seen": seen, "connections": gone.connections, "last": contest.call("GET", "/state")["state"]["last"], "sent": sent,
            "safe": safe_points(crew), "shown": [Counter(page.points.values()) for page in pages],
            "ends": [page.sessions for page in pages[:3]],
            "stored": Counter((lane, value) for lane, value in contest.rows("SELECT laptop_id, distb FROM measurements")),
            "in_run": contest.rows("SELECT laptop_id, COUNT(*), MIN(relative_time), MAX(relative_time) FROM measurements"
                                   " WHERE session_id = 1 GROUP BY 1 ORDER BY 1"),
            "delays": [delay for page in pages[:3] for _, delay in page.pushed],
        }


def away() -> dict:
    """PostgreSQL stops for thirty seconds in a run of eight lanes at 10 Hz; a page is open."""
    with Postgres() as postgres, Contest(store_database=postgres.url, contest_run="2m") as contest, Page(contest) as page:
        contest.begin()
        crew = [Camera(contest.camera_url, lane, 10) for lane in LANES]
        for camera in crew:
            camera.start()
        until(lambda: len(page.pushed) > 300, "points before", 20)
        before = len(page.pushed)
        postgres.stop()
        threading.Event().wait(AWAY_SECONDS)
        until(lambda: contest.lanes()["store"]["database"] == "away", "word of the database being away")
        behind, meanwhile = contest.lanes()["store"]["behind"], len(page.pushed)
        postgres.start()
        until(lambda: len(page.pushed) > meanwhile + 300, "points after", 20)
        for camera in crew:
            camera.finish()
        contest.settled(60)
        stored = postgres.rows("SELECT id, laptop_id, distb FROM measurements ORDER BY id")
        until(lambda: len(page.points) >= len(stored), "all points on the page")
        return {
            "sent": sum(camera.sent for camera in crew), "safe": safe_points(crew), "behind": behind,
            "stored": Counter((int(lane), float(value)) for _, lane, value in stored),
            "shown": Counter(page.points.values()),
            "in_order": per_lane((int(lane), float(value)) for _, lane, value in stored),
            "heard": per_lane(page.points[serial] for serial, _ in page.pushed),
            "before": [delay for _, delay in page.pushed[:before]],
            "meanwhile": [delay for _, delay in page.pushed[before:meanwhile]],
        }


def cut_off() -> dict:
    """The brief's sender at 10 Hz loses the network in second three, for a minute; its run is over when it is back."""
    with Contest() as contest, Line(contest.gateway) as line, CameraSenderWS(1, f"ws://127.0.0.1:{line.port}") as sender:
        run = contest.begin()
        measured: list[float] = []
        returned: list[bool] = []
        ending = threading.Event()

        def film() -> None:
            while not ending.wait(0.1):
                measured.append(time.monotonic())
                returned.append(sender.send(1.0, len(measured) / 100, True, True))

        camera = threading.Thread(target=film, daemon=True)
        camera.start()
        until(lambda: sender.get_stats()["acknowledged"] >= 30, "points before")
        line.cut()
        threading.Event().wait(CUT_SECONDS)
        cut_stats = sender.get_stats()
        line.mend()
        until(lambda: sender.get_stats()["connected"] and sender.get_stats()["acknowledged"] > 600, "points after", 40)
        ending.set()
        camera.join(5)
        until(lambda: sender.get_stats()["acknowledged"] == len(measured), "acknowledgements")
        contest.settled()
        last = contest.call("GET", "/state")["state"]["last"]
        return {
            "sent": len(measured), "measured": measured, "returned": returned.count(True), "cut": cut_stats, "stats": sender.get_stats(), "last": last,
            "stored": contest.rows("SELECT distb, session_id FROM measurements ORDER BY distb"),
            "times": {round(point["distb"] * 100): point["relative_seconds"]
                      for point in contest.points(session_id=run["session_id"])},
            "lane": contest.lanes()["lanes"][0],
        }


@pytest.fixture(scope="module")
def parts() -> Iterator[dict[str, Future]]:
    with ThreadPoolExecutor(3) as pool:
        yield {part.__name__: pool.submit(part) for part in (minute, away, cut_off)}


def test_a_database_away_for_thirty_seconds_delays_nothing_and_gets_everything(parts):
    found = parts["away"].result(180)
    safe, stored, shown = found["safe"], found["stored"], found["shown"]
    before, meanwhile = (percentile(found[name], 99) for name in ("before", "meanwhile"))
    print(f"database away {AWAY_SECONDS} s: sent {found['sent']}, acknowledged {safe.total()}, stored {stored.total()},"
          f" shown {shown.total()}; {found['behind']} behind;"
          f" camera to page p99 {before:.1f} ms before, {meanwhile:.1f} ms meanwhile")
    assert found["behind"] > 8 * 10 * AWAY_SECONDS * 0.8
    assert safe == stored == shown and safe.total() == found["sent"]
    assert max(stored.values()) == 1
    for values in [*found["in_order"].values(), *found["heard"].values()]:
        assert values == sorted(values), "a lane's points are in the order in which they were measured"
    assert percentile(found["meanwhile"], 50) < 100, "points on their way to the page wait for no database"


def test_e3_a_whole_minute_is_complete_everywhere(parts):
    found = parts["minute"].result(180)
    safe, stored = found["safe"], found["stored"]
    print(f"a minute: sent {found['sent']}, acknowledged {safe.total()}, stored {stored.total()},"
          f" shown {[shown.total() for shown in found['shown']]}, of which the last page had {found['seen']} after its cut; camera to page p50 {percentile(found['delays'], 50):.1f} ms,"
          f" p99 {percentile(found['delays'], 99):.1f} ms")
    last = found["last"]
    assert (last["ended_by"], last["auto_stopped"], last["duration_seconds"]) == ("time", True, 60)
    assert safe == stored and safe.total() == found["sent"]
    assert found["shown"] == [stored] * 4
    assert found["seen"] < 1000 and found["connections"] == 2, "the fourth page had missed nearly all"
    assert all("session-stopped" in ends for ends in found["ends"])
    for lane, count, first, final in found["in_run"]:
        assert 590 <= count <= 602, f"lane {lane} has {count} points of a minute at 10 Hz"
        assert first == 0 and final in (59, 60)
    assert len(found["in_run"]) == 8


def test_e5_a_sender_cut_off_for_a_minute_delivers_into_the_run_that_is_over(parts):
    found = parts["cut_off"].result(180)
    stats, times = found["stats"], found["times"]
    # When the run began, by each point's place in it.
    begins = [found["measured"][number - 1] - place for number, place in times.items()]
    print(f"cut off {CUT_SECONDS} s: sent {found['sent']}, returned True {found['returned']},"
          f" acknowledged {stats['acknowledged']}, stored {len(found['stored'])}, of the run {len(times)}, late {found['lane']['late']},"
          f" places differ by {spread(begins):.3f} s")
    assert found["last"]["ended_by"] == "time"
    assert not found["cut"]["connected"] and found["cut"]["failed"] > 500, "the sender said so while it was cut off"
    assert balanced(stats, found["sent"])
    assert stats["failed"] == found["sent"] - found["returned"] and stats["dropped"] == 0 and stats["reconnects"] >= 1
    assert [value for value, _ in found["stored"]] == [number / 100 for number in range(1, found["sent"] + 1)]
    assert list(times) == list(range(1, len(times) + 1)) and max(times.values()) > 59, "no hole where the cut was"
    assert spread(begins) < PLACE_SECONDS, "each point stands where it was measured"
    assert {session for _, session in found["stored"]} == {1, None}, "what was measured after the run is not of the run"
    assert found["lane"]["late"] > 500
