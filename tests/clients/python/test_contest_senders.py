"""The senders of the brief, as users write their video loops, against a broker that goes away."""

from __future__ import annotations

import threading
import time

import pytest

from contest_broker import LANES, Contest, until
from contest_page import PLACE_SECONDS, spread
from cutting_line import Line
from senders import balanced
from opencv_camera_sender import CameraSender
from opencv_camera_sender_ws import CameraSenderWS

DOWN_SECONDS = 2


class Film(threading.Thread):
    """A video loop: one point each frame, no waiting for the network."""

    def __init__(self, sender: CameraSenderWS | CameraSender, hertz: float) -> None:
        super().__init__(daemon=True)
        self.sender, self.hertz = sender, hertz
        self.measured: list[float] = []
        self.returned = 0
        self.slowest = 0.0
        self._ending = threading.Event()

    def finish(self) -> None:
        self._ending.set()
        self.join(10)

    def run(self) -> None:
        begin = time.monotonic()
        while not self._ending.wait(max(0.0, begin + len(self.measured) / self.hertz - time.monotonic())):
            now = time.monotonic()
            self.measured.append(now)
            self.returned += bool(self.sender.send(0.5, len(self.measured) / 100, True, False))
            self.slowest = max(self.slowest, time.monotonic() - now)


def sender(contest: Contest, kind: str, lane: int) -> CameraSenderWS | CameraSender:
    return CameraSenderWS(lane, contest.camera_url) if kind == "ws" else CameraSender(lane, contest.old_url)


@pytest.mark.parametrize(("kind", "hertz"), [("ws", 30), ("http", 5)])
def test_the_senders_of_the_brief_outlive_a_broker_that_is_killed(kind: str, hertz: int):
    """Eight lanes, `kill -9` in a run, two seconds of nobody: all points are there, in place; the counts are true."""
    with Contest() as contest:
        run = contest.begin()
        films = [Film(sender(contest, kind, lane), hertz) for lane in LANES]
        for film in films:
            assert film.sender.connect()
            film.start()
        until(lambda: all(film.sender.get_stats()["acknowledged"] > 2 * hertz for film in films), "two seconds of points")
        contest.kill()
        threading.Event().wait(DOWN_SECONDS)
        contest.start()
        until(lambda: all(film.sender.get_stats()["connected"] for film in films), "all to come back")
        goal = (DOWN_SECONDS + 3) * hertz
        until(lambda: all(film.sender.get_stats()["acknowledged"] > goal for film in films), "points after", 20)
        for film in films:
            film.finish()
        until(lambda: all(film.sender.get_stats()["acknowledged"] == len(film.measured) for film in films), "answers", 20)
        for film in films:
            film.sender.disconnect()
        contest.settled()
        stored = contest.rows("SELECT laptop_id, distb FROM measurements ORDER BY laptop_id, distb")
        sent = sum(len(film.measured) for film in films)
        print(f"{kind}, {hertz} Hz, kill -9: sent {sent}, returned True {sum(film.returned for film in films)}, acknowledged"
              f" {sum(film.sender.get_stats()['acknowledged'] for film in films)}, stored {len(stored)},"
              f" shown {len(contest.points(session_id=run['session_id']))};"
              f" slowest send {max(film.slowest for film in films) * 1000:.0f} ms")
        assert stored == [
            (lane, number / 100) for lane, film in zip(LANES, films) for number in range(1, len(film.measured) + 1)]
        for lane, film in zip(LANES, films):
            stats = film.sender.get_stats()
            assert balanced(stats, len(film.measured)) and stats["dropped"] == stats["refused"] == 0
            assert stats["success"] == film.returned and stats["failed"] == len(film.measured) - film.returned
            points = contest.points(session_id=run["session_id"], laptop_id=lane)
            places = [film.measured[round(point["distb"] * 100) - 1] - point["relative_seconds"] for point in points]
            assert len(points) == len(film.measured), "the run went on"
            assert spread(places) < PLACE_SECONDS, "each point stands where it was measured"


def test_a_backlog_of_thousands_is_acknowledged_whole():
    """A hundred seconds at 30 Hz that waited for the network: each is answered in the end."""
    count = 3000
    with Contest() as contest, Line(contest.gateway) as line, CameraSenderWS(1, f"ws://127.0.0.1:{line.port}") as camera:
        contest.begin()
        line.cut()
        until(lambda: not camera.get_stats()["connected"], "the loss")
        for number in range(count):
            camera.send(0.5, number / 100, True, True)
        assert camera.get_stats()["buffered"] == count
        line.mend()
        until(lambda: camera.get_stats()["acknowledged"] == count, "all acknowledgements", 40)
        contest.settled()
        stored = contest.rows("SELECT distb FROM measurements ORDER BY id")
        stats = camera.get_stats()
        print(f"backlog: sent {count}, acknowledged {stats['acknowledged']}, stored {len(stored)}, reconnects {stats['reconnects']}")
        assert stored == [(number / 100,) for number in range(count)]
        assert stats["reconnects"] == 1
