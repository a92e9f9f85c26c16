"""The example `publish_events.py` as people run it: the six events of the RVM system reach a dashboard."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from broker_process import APP_ID, DEADLINE, KEY, ROOT, SECRET, Broker
from watcher import Watcher

SCRIPT = ROOT / "examples/python/publish_events.py"

SIX_EVENTS = {
    "rvm-status": ["status-updated", "health-updated"],
    "detection-results": ["detection-completed", "processing-updated"],
    "timezone-updates": ["timezone-synced", "manual-sync"],
}
FIELDS = {
    "status-updated": {"rvm_id", "rvm_name", "status", "previous_status", "capacity", "location", "timestamp"},
    "health-updated": {"rvm_id", "overall_status", "status_details", "metrics", "timestamp"},
    "detection-completed": {
        "id", "rvm_id", "image_path", "detections", "total_detections", "processing_time", "model_used", "status",
        "timestamp"},
    "processing-updated": {
        "processing_request_id", "rvm_id", "processing_type", "priority", "status", "processing_engine_id",
        "progress_message", "timestamp"},
    "timezone-synced": {
        "sync_log_id", "device_id", "timezone", "country", "city", "ip", "sync_method", "timestamp"},
    "manual-sync": {"device_id", "trigger", "status", "triggered_at", "timestamp"},
}


def command(port: int, *options: str, key: str = KEY, app_id: str = APP_ID) -> list[str]:
    return [sys.executable, str(SCRIPT), "--port", str(port), "--key", key, "--app-id", app_id, *options]


def environment(secret: str = SECRET) -> dict[str, str]:
    return {**os.environ, "SALURAN_APP_SECRET": secret, "PYTHONDONTWRITEBYTECODE": "1"}


def run(port: int, *options: str, secret: str = SECRET, **keys: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(port, *options, **keys), env=environment(secret), capture_output=True, text=True, timeout=30)


def hear(watcher: Watcher, count: int) -> list[tuple[str, str, dict]]:
    """The next so many published events."""
    return [(channel, name, json.loads(data)) for channel, name, data in watcher.expect_events(count)]


@pytest.mark.parametrize("options", [[], ["--batch", "10"], ["--batch", "3"]])
def test_all_six_events_reach_a_dashboard(broker, options):
    with Watcher(broker, SIX_EVENTS) as watcher:
        watcher.expect_established()
        done = run(broker.port, "--count", "40", "--rate", "500", "--machines", "3", *options)
        assert done.returncode == 0, done.stderr
        assert len(done.stdout.splitlines()) == 40
        assert done.stderr.startswith("sent 40 events in ")
        events = hear(watcher, 40)
    assert {(channel, name) for channel, name, _ in events} == {
        (channel, name) for channel, names in SIX_EVENTS.items() for name in names}
    for _, name, data in events:
        assert set(data) == FIELDS[name]
        assert datetime.strptime(data["timestamp"], "%Y-%m-%dT%H:%M:%S.%fZ")
        assert data.get("rvm_id", 1) in (1, 2, 3)


def test_detections_carry_both_names_of_their_class(broker):
    with Watcher(broker, {"detection-results": ["detection-completed"]}) as watcher:
        watcher.expect_established()
        assert run(broker.port, "--count", "50", "--rate", "1000", "--seed", "1").returncode == 0
        for _, _, data in hear(watcher, 3):
            assert data["total_detections"] == len(data["detections"]) > 0
            for found in data["detections"]:
                assert found["class"] == found["class_name"] != ""
                assert 0 < found["confidence"] < 1 and len(found["bbox"]) == 4


def test_a_seed_tells_the_same_story_every_time(broker):
    def story(seed: str) -> list[tuple[str, str, dict]]:
        with Watcher(broker, SIX_EVENTS) as watcher:
            watcher.expect_established()
            assert run(broker.port, "--count", "60", "--rate", "1000", "--seed", seed).returncode == 0
            events = hear(watcher, 60)
        for _, _, data in events:
            data.pop("timestamp")
            data.pop("triggered_at", None)
        # Order is promised within a channel, not between channels.
        return sorted(events, key=lambda event: event[0])

    assert story("7") == story("7")
    assert story("7") != story("8")


def test_metrics_wander_in_small_steps(broker):
    with Watcher(broker, {"rvm-status": ["health-updated"]}) as watcher:
        watcher.expect_established()
        assert run(broker.port, "--count", "400", "--rate", "5000", "--machines", "1", "--seed", "1").returncode == 0
        reports = [data["metrics"] for _, _, data in hear(watcher, 10)]
    for before, after in zip(reports, reports[1:]):
        for name, value in after.items():
            assert 0 < value < 100 and abs(value - before[name]) < 15, name
    assert reports[0] != reports[-1]


def test_ctrl_c_ends_it_with_a_summary(broker):
    process = subprocess.Popen(
        command(broker.port, "--rate", "50"), env=environment(), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    for _ in range(5):
        assert process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=DEADLINE)
    assert process.returncode == 0, errors
    assert re.search(r"^stopped\nsent \d+ events in [\d.]+ s", errors, re.MULTILINE), errors
    assert "Traceback" not in errors


def test_it_keeps_the_rate(broker):
    done = run(broker.port, "--count", "41", "--rate", "40")
    seconds = float(re.search(r"in ([\d.]+) s", done.stderr).group(1))
    assert 0.9 <= seconds < 3, done.stderr


def test_nobody_listening_is_explained(broker):
    broker.stop()
    done = run(broker.port, "--count", "1")
    assert done.returncode == 1
    assert f"no broker answers at 127.0.0.1:{broker.port}. Start one" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_broker_that_ends_is_explained(broker):
    process = subprocess.Popen(
        command(broker.port, "--rate", "50"), env=environment(), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout.readline()
    broker.kill()
    _, errors = process.communicate(timeout=DEADLINE)
    assert process.returncode == 1
    assert "no broker answers at" in errors and re.search(r"^sent \d+ events", errors, re.MULTILINE), errors


def test_a_wrong_secret_key_or_app_is_explained(broker):
    done = run(broker.port, "--count", "1", secret="wrong")
    assert done.returncode == 1 and "refused the signature (401)" in done.stderr, done.stderr
    done = run(broker.port, "--count", "1", key="wrong")
    assert done.returncode == 1 and "Unknown auth_key" in done.stderr, done.stderr
    done = run(broker.port, "--count", "1", app_id="9999")
    assert done.returncode == 1 and "has no app 9999 (404)" in done.stderr, done.stderr
    done = run(broker.port, "--count", "1", app_id="my-app")
    assert done.returncode == 1 and "app ids are decimal numbers" in done.stderr, done.stderr


def test_an_event_that_is_too_large_is_explained():
    with Broker(app_limits_event_data_bytes="100") as broker:
        done = run(broker.port, "--count", "1")
    assert done.returncode == 1
    assert "too large for the broker (413: " in done.stderr and "event_data_bytes" in done.stderr, done.stderr


def test_another_server_is_recognised():
    class Page(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>a page</html>")

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Page)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        done = run(server.server_port, "--count", "1")
    finally:
        server.shutdown()
        server.server_close()
    assert done.returncode == 1 and "is not a Pusher-compatible broker" in done.stderr, done.stderr


def test_options_are_explained_and_checked():
    done = run(1, "--help")
    assert done.returncode == 0
    for text in ("rvm-status", "examples:", "SALURAN_APP_SECRET", "--machines", "--seed", "--batch"):
        assert text in done.stdout
    for wrong in (["--batch", "11"], ["--rate", "0"], ["--machines", "-1"], ["--count", "x"]):
        done = run(1, *wrong)
        assert done.returncode == 2 and wrong[0] in done.stderr, done.stderr
