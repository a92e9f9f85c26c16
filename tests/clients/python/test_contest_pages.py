"""Pages of the contest by Pusher's protocol: loaded lanes, late pages, blips, and an audience that comes all at once."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter

import pytest

from contest_broker import FIELDS, LANES, Camera, Contest, until
from contest_page import Page, percentile
from cutting_line import Line
from test_contest_scenarios import send_blindly
from watcher import Watcher


def cameras(contest: Contest, hertz: float) -> list[Camera]:
    found = [Camera(contest.camera_url, lane, hertz) for lane in LANES]
    for camera in found:
        camera.start()
    return found


def taken(crew: list[Camera]) -> int:
    return sum(len(camera.acknowledged) for camera in crew)


def in_database(contest: Contest) -> Counter:
    contest.settled()
    return Counter((lane, value) for lane, value in contest.rows("SELECT laptop_id, distb FROM measurements"))


@pytest.mark.parametrize("hertz", [10, 30])
def test_e2_nine_pages_hear_all_that_silent_cameras_send(hertz: int):
    """Eight plain senders that never read, nine pages: every point once on every page, in order per lane."""
    seconds = 4
    expected = 8 * hertz * seconds
    with Contest() as contest:
        pages = [Page(contest) for _ in range(9)]
        for page in pages:
            page.start()
        until(lambda: all(page.complete.is_set() for page in pages), "nine pages")
        contest.begin()
        senders = [threading.Thread(target=send_blindly, args=(contest, lane, hertz, seconds)) for lane in LANES]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join(30)
        until(lambda: all(len(page.pushed) >= expected for page in pages), "all points on all pages")
        stored = in_database(contest)
        for page in pages:
            page.close()
        delays = [delay for page in pages for _, delay in page.pushed]
        print(f"{hertz} Hz: sent {expected}, stored {stored.total()}, shown {[len(page.pushed) for page in pages]};"
              f" camera to page p50 {percentile(delays, 50):.1f} ms, p99 {percentile(delays, 99):.1f} ms")
        for page in pages:
            assert page.connections == 1 and len(page.pushed) == expected
            assert Counter(page.points.values()) == stored
            for lane in LANES:
                values = [value for of, value in (page.points[serial] for serial, _ in page.pushed) if of == lane]
                assert values == sorted(values)


def test_e2_a_stock_client_hears_the_eleven_fields():
    """Pysher, signed with the app's secret: the item's fields in their order, as the old pages read them."""
    channel = "private-measurements.baja.3"
    with Contest() as contest, Watcher(contest, {channel: ["new-data"]}, key="saluran-key", secret="saluran-secret") as page:
        page.expect_established()
        contest.begin()
        send_blindly(contest, 3, 30, 1)
        items = [json.loads(data) for _, _, data in page.expect_events(30)]
        assert all(list(item) == [*FIELDS, "nama_tim", "timestamp_ms", "relative_seconds", "serial"] for item in items)
        assert [item["distb"] for item in items] == [number / 10 for number in range(30)]
        named = {(item["laptop_id"], item["session_id"], item["category"], item["frequency"]) for item in items}
        assert named == {(3, 1, "baja", 1.5)}
        assert all(item["relative_time"] == item["elapsed_seconds"] == int(item["relative_seconds"]) for item in items)


def test_e4_a_late_page_knows_everything():
    """Opened in the midst of a run: category, frequency, timer, toggle, freeze, and all earlier points."""
    with Contest() as contest:
        contest.begin(2.5, "baja")
        begun = time.monotonic()
        contest.call("PUT", "/frozen", {"frozen": True})
        crew = cameras(contest, 30)
        until(lambda: taken(crew) > 700, "earlier points")
        opened = time.monotonic()
        with Page(contest) as page:
            ready = time.monotonic()
            state = until(lambda: page.state, "the state")
            earlier = len(page.points)
            for camera in crew:
                camera.finish()
            until(lambda: len(page.points) == sum(camera.sent for camera in crew), "all points")
            assert Counter(page.points.values()) == in_database(contest)
        print(f"late page: complete {(ready - opened) * 1000:.0f} ms after it was opened, with {earlier} points")
        session = state["session"]
        assert (state["category"], session["frequency"], session["status"]) == ("baja", 2.5, "running")
        assert (state["realtime"]["enabled"], state["frozen"], state["run_seconds"]) == (True, True, 60)
        # What was retained is of the last change; pages count on by the server's clock in it.
        elapsed = session["elapsed_ms"] / 1000 + time.time() - state["server_time_ms"] / 1000
        assert abs(elapsed - (time.monotonic() - begun)) < 1, "the timer is right to the second"


@pytest.mark.parametrize("seconds", [5])
def test_e5_a_page_that_was_cut_off_has_no_hole(seconds: int):
    with Contest() as contest, Line(contest.port) as line, Page(contest, line.port) as page:
        contest.begin()
        crew = cameras(contest, 30)
        until(lambda: len(page.points) > 300, "points before the cut")
        line.cut()
        threading.Event().wait(seconds)
        missed = taken(crew) - len(page.points)
        line.mend()
        until(lambda: page.connections == 2 and page.complete.is_set(), "the page to come back")
        for camera in crew:
            camera.finish()
        sent = sum(camera.sent for camera in crew)
        until(lambda: len(page.points) == sent, "all points")
        stored = in_database(contest)
        print(f"page cut off for {seconds} s: sent {sent}, missed {missed}, stored {stored.total()}, shown {len(page.points)}")
        assert missed > 8 * 30 * seconds * 0.5
        assert Counter(page.points.values()) == stored and stored.total() == sent


def test_pages_come_back_by_themselves_when_the_broker_was_killed():
    with Contest() as contest, Page(contest) as one, Page(contest) as other:
        run = contest.begin()
        crew = cameras(contest, 30)
        until(lambda: taken(crew) > 300, "points before")
        contest.kill()
        contest.start()
        until(lambda: one.connections == other.connections == 2, "both pages")
        until(lambda: taken(crew) > 600, "points after")
        for camera in crew:
            camera.finish()
        sent = sum(camera.sent for camera in crew)
        until(lambda: len(one.points) == len(other.points) == sent, "all points on both pages")
        stored = in_database(contest)
        print(f"kill -9: sent {sent}, acknowledged {taken(crew)}, stored {stored.total()}, shown {len(one.points)}")
        assert Counter(one.points.values()) == Counter(other.points.values()) == stored
        assert one.state["session"]["session_id"] == run["session_id"]


def test_twenty_spectators_join_in_a_run_and_delay_nobody():
    """All at once, points on their way: each is complete, and the page that was there hears as before."""
    with Contest() as contest, Page(contest) as first:
        contest.begin()
        crew = cameras(contest, 30)
        until(lambda: taken(crew) > 1000, "earlier points", 20)
        begin, heard = time.monotonic(), len(first.pushed)
        crowd = [Page(contest) for _ in range(20)]
        for page in crowd:
            page.start()
        until(lambda: all(page.complete.is_set() for page in crowd), "twenty pages", 30)
        joined = time.monotonic() - begin
        meanwhile = [delay for _, delay in first.pushed[heard:]]
        for camera in crew:
            camera.finish()
        sent = sum(camera.sent for camera in crew)
        until(lambda: all(len(page.points) == sent for page in [first, *crowd]), "all points on all pages")
        stored = in_database(contest)
        for page in crowd:
            page.close()
        print(f"20 spectators: all there after {joined:.2f} s; sent {sent}, stored {stored.total()}, shown"
              f" {sorted({len(page.points) for page in crowd})}; camera to first page p50 {percentile(meanwhile, 50):.1f} ms")
        assert all(Counter(page.points.values()) == stored for page in [first, *crowd])
        assert stored.total() == sent == taken(crew)
