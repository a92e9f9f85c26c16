"""Declared channels, by the file that the repository ships: back ends with `pusher`, devices with a token."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request

import pusher.errors
import pytest
import requests

from broker_process import DEADLINE, Broker
from tokens import body, events_url, machine, shipped_file, token
from watcher import Watcher

STATUS = {"rvm_id": 3, "status": "full", "timestamp": "2025-09-19T05:00:00.000000Z"}


@pytest.fixture
def declared():
    with Broker(shipped_file()) as broker:
        yield broker


def post(broker: Broker, bearer: str | None, event: dict) -> requests.Response:
    headers = {} if bearer is None else {"Authorization": f"Bearer {bearer}"}
    return requests.post(events_url(broker.port), json=event, headers=headers, timeout=DEADLINE)


def test_what_the_library_triggers_by_the_declarations_is_delivered_on_both_names(declared):
    names = {"rvm-status": ["status-updated"], "private-rvm-status": ["status-updated"]}
    with Watcher(declared, names) as watcher:
        watcher.expect_established()
        assert declared.publisher().trigger("rvm-status", "status-updated", STATUS) == {}
        heard = watcher.expect_events(2)
    assert sorted(channel for channel, _, _ in heard) == ["private-rvm-status", "rvm-status"]
    assert all(json.loads(data) == STATUS for _, _, data in heard)


def test_a_breach_of_the_schema_raises_with_the_place_of_the_fault(declared):
    with pytest.raises(pusher.errors.PusherBadStatus) as raised:
        declared.publisher().trigger("rvm-status", "status-updated", {"rvm_id": 3, "status": 7})
    status, _, text = str(raised.value).partition(": ")
    reason = json.loads(text)
    assert status == "422"
    assert (reason["rule"], reason["channel"], reason["event"], reason["path"]) == (
        "schema", "rvm-status", "status-updated", "/status")
    assert "string" in reason["reason"]


def test_an_event_that_the_channel_has_not_raises_with_those_it_has(declared):
    with pytest.raises(pusher.errors.PusherForbidden) as raised:
        declared.publisher().trigger("rvm-status", "status-update", STATUS)
    reason = json.loads(str(raised.value))
    assert reason["rule"] == "events" and "status-updated" in reason["allowed"]


def test_a_refused_batch_publishes_nothing(declared):
    batch = [{"channel": "rvm-status", "name": "status-updated", "data": {**STATUS, "rvm_id": number}}
             for number in range(3)]
    batch[2]["data"].pop("status")
    with Watcher(declared, {"rvm-status": ["status-updated"]}) as watcher:
        watcher.expect_established()
        with pytest.raises(pusher.errors.PusherBadStatus, match="422: .*\"index\":2"):
            declared.publisher().trigger_batch(batch)
        declared.publisher().trigger("rvm-status", "status-updated", STATUS)
        assert json.loads(watcher.expect("rvm-status", "status-updated")) == STATUS


def test_a_device_publishes_with_requests_and_a_token_alone(declared):
    with Watcher(declared, {"rvm-status": ["status-updated"]}) as watcher:
        watcher.expect_established()
        answer = post(declared, machine(3), body("rvm-status", "status-updated", STATUS))
        assert (answer.status_code, answer.json()) == (200, {})
        assert json.loads(watcher.expect("rvm-status", "status-updated")) == STATUS


def test_a_device_publishes_with_the_standard_library_alone(declared):
    def send(data: dict) -> bytes:
        request = urllib.request.Request(
            events_url(declared.port), json.dumps(body("rvm-status", "status-updated", data)).encode(),
            {"Authorization": f"Bearer {machine(3)}", "Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=DEADLINE) as answer:
            return answer.read()

    with Watcher(declared, {"rvm-status": ["status-updated"]}) as watcher:
        watcher.expect_established()
        assert send(STATUS) == b"{}"
        assert json.loads(watcher.expect("rvm-status", "status-updated")) == STATUS
    with pytest.raises(urllib.error.HTTPError) as raised:
        send({"rvm_id": 3})
    with raised.value as answer:
        assert (answer.code, json.load(answer)["rule"]) == (422, "schema")


AN_HOUR_AGO = int(time.time()) - 3600
EVENT = body("rvm-status", "status-updated", STATUS)
REFUSALS = {
    "no token": (None, EVENT, 401, "auth_key"),
    "an expired token": (machine(3, exp=AN_HOUR_AGO), EVENT, 401, "expired"),
    "a token of another secret": (token("another-secret-of-32-bytes-or-more", sub="3"), EVENT, 401, "signature"),
    "a role that may not": (token(sub="8", roles=["tenant"]), EVENT, 403, '"rule":"publish"'),
    "another machine's channel": (machine(3), body("private-rvm.4", "analisis.selesai", {}), 403, '"rule":"publish"'),
    "no such event": (machine(3), body("rvm-status", "status-update", STATUS), 403, '"rule":"events"'),
    "an undeclared channel": (machine(3), body("nowhere", "n", {}), 403, '"rule":"undeclared"'),
    "another shape": (machine(3), body("rvm-status", "status-updated", {"rvm_id": []}), 422, '"rule":"schema"'),
}


@pytest.mark.parametrize(("bearer", "event", "status", "reason"), REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_says_why(declared, bearer, event, status, reason):
    answer = post(declared, bearer, event)
    assert answer.status_code == status, answer.text
    assert reason in answer.text


def test_a_publisher_that_is_too_fast_is_told_how_long_to_wait(declared):
    wish = body("timezone-updates", "manual-sync", {"device_id": "a"})
    assert post(declared, machine(3), wish).status_code == 200
    answer = post(declared, machine(3), wish)
    assert (answer.status_code, answer.json()["rule"]) == (429, "rate")
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert post(declared, machine(4), wish).status_code == 200
