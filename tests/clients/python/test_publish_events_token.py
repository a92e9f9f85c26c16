"""The example `publish_events.py` as a device: a token in place of the app's secret."""

from __future__ import annotations

import json
import re
import subprocess
import time

import pytest

from broker_process import Broker
from test_publish_events import FIELDS, SIX_EVENTS, command, environment
from tokens import shipped_file, token
from watcher import Watcher

# Holds for all machines; the shipped declarations compare `rvm_id` on a machine's own channels only.
FLEET = {"sub": "fleet", "roles": ["machine"]}


def run(port: int, bearer: str, *options: str) -> subprocess.CompletedProcess[str]:
    """The token comes by its variable, so that no list of processes shows it; the secret is wrong."""
    return subprocess.run(
        command(port, *options), env={**environment("wrong"), "SALURAN_TOKEN": bearer},
        capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("options", [[], ["--batch", "4"]])
def test_all_six_events_reach_a_dashboard(options):
    with Broker(shipped_file()) as broker, Watcher(broker, SIX_EVENTS) as watcher:
        watcher.expect_established()
        done = run(broker.port, token(**FLEET), "--count", "8", "--rate", "500", *options)
        assert done.returncode == 0, done.stderr
        events = watcher.expect_events(8)
    assert {(channel, name) for channel, name, _ in events} == {
        (channel, name) for channel, names in SIX_EVENTS.items() for name in names}
    assert all(set(json.loads(data)) == FIELDS[name] for _, name, data in events)


def test_an_option_gives_the_token_too():
    with Broker(shipped_file()) as broker:
        done = run(broker.port, "not a token", "--token", token(**FLEET), "--count", "1")
    assert done.returncode == 0, done.stderr


def test_a_pause_that_the_broker_asks_for_is_made():
    slow = shipped_file().replace('rate = "1/m"', 'rate = "1/5s"')
    with Broker(slow) as broker, Watcher(broker, {"timezone-updates": ["manual-sync"]}) as watcher:
        watcher.expect_established()
        # By this seed the only machine is asked to sync by its second and by its eleventh event.
        done = run(broker.port, token(**FLEET), "--count", "12", "--rate", "2000", "--machines", "1", "--seed", "6")
        assert done.returncode == 0, done.stderr
        assert re.search(r"^Too many events manual-sync .*; going on in [1-5] s$", done.stderr, re.MULTILINE), done.stderr
        assert [name for _, name, _ in watcher.expect_events(2)] == ["manual-sync"] * 2
        watcher.expect_silence(0.2)


@pytest.mark.parametrize(("claims", "status", "reason", "advice"), [
    ({**FLEET, "exp": int(time.time()) - 3600}, 401, "expired", "saluran token"),
    ({"sub": "8", "roles": ["tenant"]}, 403, "role.machine", "Give the token a role"),
])
def test_a_refused_token_is_explained(claims, status, reason, advice):
    with Broker(shipped_file()) as broker:
        done = run(broker.port, token(**claims), "--count", "1")
    assert done.returncode == 1
    first, second = done.stderr.splitlines()[:2]
    assert f"refused this ({status}): " in first and reason in first, done.stderr
    assert advice in second, done.stderr
    assert "Traceback" not in done.stderr and token(**claims) not in done.stderr


def test_nobody_listening_is_explained(broker):
    broker.stop()
    done = run(broker.port, token(**FLEET), "--count", "1")
    assert done.returncode == 1 and "no broker answers at" in done.stderr, done.stderr
