"""Section 9.6: the stock client library `pysher` against the built binary."""

from __future__ import annotations

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs

import pytest

from broker_process import Broker
from watcher import CACHE_MISS, MEMBER_ADDED, MEMBER_REMOVED, SUCCEEDED, Watcher, wait_until


def member(user_id: str) -> dict:
    # Pysher signs this as `json.dumps` writes it: with spaces, and with \u escapes.
    return {"user_id": user_id, "user_info": {"name": "Zoë", "city": "東京"}}


def test_it_connects(broker):
    with Watcher(broker) as watcher:
        assert re.fullmatch(r"\d+\.\d+", watcher.expect_established())
        assert watcher.connection.state == "connected"


def test_its_ping_before_connection_established_is_answered_after_it(broker):
    with Watcher(broker) as watcher:
        first, second = watcher.heard.get(timeout=10), watcher.heard.get(timeout=10)
        assert first[1] == "pusher:connection_established"
        assert second == (None, "pusher:pong", "{}")


def test_it_receives_what_is_published_to_a_public_channel(broker, publisher):
    with Watcher(broker, {"chat": ["App\\Events\\Sent", "n"]}) as watcher:
        watcher.expect_established()
        publisher.trigger("chat", "App\\Events\\Sent", {"text": "Wörld 👋"})
        publisher.trigger("elsewhere", "n", "not for us")
        publisher.trigger("chat", "n", "text")
        assert json.loads(watcher.expect("chat", "App\\Events\\Sent")) == {"text": "Wörld 👋"}
        assert watcher.expect("chat", "n") == "text"


def test_an_unsubscribed_channel_is_silent(broker, publisher):
    with Watcher(broker, {"chat": ["n"], "other": ["n"]}) as watcher:
        watcher.expect_established()
        watcher.client.unsubscribe("chat")
        wait_until(lambda: not publisher.channel_info("chat")["occupied"])
        publisher.trigger("chat", "n", "nobody hears this")
        publisher.trigger("other", "n", "this")
        assert watcher.expect("other", "n") == "this"


def test_private_channels_are_signed_with_the_secret(broker, publisher):
    with Watcher(broker, {"private-orders.42": ["n"]}) as watcher:
        watcher.expect_established()
        publisher.trigger("private-orders.42", "n", "d")
        assert watcher.expect("private-orders.42", "n") == "d"


def test_a_wrong_secret_is_an_error_on_a_connection_that_stays(broker, publisher):
    with Watcher(broker, {"private-orders": ["n"], "chat": ["n"]}, secret="wrong") as watcher:
        error = watcher.expect_error()
        assert error["code"] is None
        assert error["message"].startswith("Invalid signature: Expected HMAC SHA256 hex digest of ")
        watcher.expect("chat", SUCCEEDED)
        publisher.trigger(["private-orders", "chat"], "n", "d")
        assert watcher.expect("chat", "n") == "d"
        watcher.expect_silence(0.3)


def test_presence_members_come_and_go_once_per_user(broker):
    room = {"presence-room": [MEMBER_ADDED, MEMBER_REMOVED]}
    with Watcher(broker, room, user_data=member("observer")) as observer:
        observer.expect(None, "pusher:connection_established")
        snapshot = json.loads(observer.expect("presence-room", SUCCEEDED))["presence"]
        assert snapshot == {"count": 1, "ids": ["observer"], "hash": {"observer": member("")["user_info"]}}
        with Watcher(broker, room, user_data=member("42")) as first:
            first.expect_established()
            added = json.loads(observer.expect("presence-room", MEMBER_ADDED))
            assert added == member("42")
            with Watcher(broker, room, user_data=member("42")) as second:
                second.expect_established()
            observer.expect_silence(0.3)
            first.expect_silence(0.1)
        removed = json.loads(observer.expect("presence-room", MEMBER_REMOVED))
        assert removed == {"user_id": "42"}
        observer.expect_silence(0.1)


@pytest.mark.parametrize("channel", ["private-chat", "presence-chat"])
def test_client_events_reach_the_others_unchanged(broker, channel):
    heard = {channel: ["client-typing"]}
    with Watcher(broker, heard, user_data=member("1")) as sender, \
            Watcher(broker, heard, user_data=member("2")) as other, \
            Watcher(broker, heard, user_data=member("1")) as same_user:
        for watcher in (sender, other, same_user):
            watcher.expect_established()
        for data in ({"on": True, "who": "Zoë"}, "text", [1, 2], None, 5):
            sender.client.channel(channel).trigger("client-typing", data)
            assert other.expect(channel, "client-typing") == data
            assert same_user.expect(channel, "client-typing") == data
        sender.expect_silence(0.3)


def test_the_rate_limit_drops_events_and_keeps_the_connection(broker, publisher):
    heard = {"private-chat": ["client-n", "n"]}
    with Watcher(broker, heard) as sender, Watcher(broker, heard) as other:
        sender.expect_established()
        other.expect_established()
        for number in range(30):
            sender.client.channel("private-chat").trigger("client-n", number)
        assert sender.expect_error()["code"] == 4301
        assert [other.expect("private-chat", "client-n") for _ in range(10)] == list(range(10))
        publisher.trigger("private-chat", "n", "still here")
        assert sender.expect_events(1) == [("private-chat", "n", "still here")]


def test_switched_off_client_events_are_an_error_on_a_connection_that_stays():
    with Broker(app_client_events="false") as broker, Watcher(broker, {"private-chat": []}) as watcher:
        watcher.expect_established()
        watcher.client.channel("private-chat").trigger("client-n", {})
        error = watcher.expect_error()
        assert error["code"] is None and error["message"].startswith("To send client events")
        watcher.expect_silence(0.3)
        assert watcher.connection.state == "connected"


def test_a_cache_channel_misses_and_then_replays(broker, publisher):
    heard = {"cache-prices": [CACHE_MISS, "price"]}
    with Watcher(broker, heard) as first:
        first.expect_established()
        assert first.expect("cache-prices", CACHE_MISS) == "{}"
        publisher.trigger("cache-prices", "price", {"eur": "1.02"})
        assert json.loads(first.expect("cache-prices", "price")) == {"eur": "1.02"}
    with Watcher(broker, heard) as second:
        second.expect_established()
        assert json.loads(second.expect("cache-prices", "price")) == {"eur": "1.02"}
        second.expect_silence(0.2)


def test_an_unknown_key_makes_it_give_up(broker):
    with Watcher(broker, key="nobody") as watcher:
        error = watcher.expect_error()
        assert error["code"] == 4001 and "nobody" in error["message"]
        watcher.connection.join(10)
        assert not watcher.connection.is_alive()
        assert watcher.connections == 0


def test_an_answer_to_a_second_subscription_does_not_end_the_connection(broker, publisher):
    with Watcher(broker, {"chat": ["n"]}) as watcher:
        watcher.expect_established()
        watcher.connection.send_event("pusher:subscribe", {"channel": "chat"})
        assert watcher.expect_error() == {
            "code": None, "message": "Existing subscription to channel chat"}
        publisher.trigger("chat", "n", "d")
        assert watcher.expect("chat", "n") == "d"


def test_it_comes_back_at_once_after_a_restart(broker, publisher):
    channels = {"chat": ["n"], "private-orders": ["n"], "presence-room": ["n"]}
    # An hour: only "reconnect at once" (42xx) can bring it back in time.
    with Watcher(broker, channels, user_data=member("42"), reconnect_interval=3600) as watcher:
        first = watcher.expect_established()
        broker.stop()
        assert watcher.expect_error()["code"] == 4200
        broker.start()
        assert watcher.expect_established() != first
        publisher.trigger(list(channels), "n", "again")
        assert {channel for channel, _, _ in watcher.expect_events(3)} == set(channels)


@pytest.mark.parametrize("restart", ["stop", "kill"])
def test_it_hears_events_again_after_the_broker_ended(broker, publisher, restart):
    with Watcher(broker, {"chat": ["n"], "private-orders": ["n"]}) as watcher:
        watcher.expect_established()
        getattr(broker, restart)()
        if restart == "stop":
            assert watcher.expect_error()["code"] == 4200
        broker.start()
        watcher.expect_established()
        for channel in watcher.subscribed:
            publisher.trigger(channel, "n", "again")
            assert watcher.expect(channel, "n") == "again"


def test_its_own_resubscription_is_answered_for_every_kind_of_channel(broker, publisher):
    """`auto_sub` repeats subscriptions without `auth`: public ones work, the others get an error that says why."""
    channels = {"chat": ["n"], "private-orders": ["n"], "presence-room": ["n"]}
    with Watcher(broker, channels, user_data=member("42"), auto_sub=True) as watcher:
        watcher.expect_established()
        broker.kill()
        broker.start()
        watcher.expect("chat", SUCCEEDED)
        for channel in ("private-orders", "presence-room"):
            assert watcher.expect_error() == {
                "code": None, "message": f"Auth info required to subscribe to {channel}"}
        publisher.trigger(list(channels), "n", "d")
        assert watcher.expect("chat", "n") == "d"
        watcher.expect_silence(0.3)


def test_it_stays_connected_by_control_pings_alone():
    """C-251: its own pings come every two minutes, the broker probes every second."""
    with Broker(app_activity_timeout="1s", app_pong_timeout="1s") as broker:
        with Watcher(broker, {"chat": ["n"]}) as watcher:
            watcher.expect_established()
            watcher.expect_silence(5)
            broker.publisher().trigger("chat", "n", "d")
            assert watcher.expect("chat", "n") == "d"
            assert watcher.connections == 1


def test_many_clients_hear_the_same_in_the_same_order(broker, publisher):
    watchers = [Watcher(broker, {"chat": ["n"]}) for _ in range(20)]
    try:
        for watcher in watchers:
            watcher.__enter__()
        for watcher in watchers:
            watcher.expect_established()
        for number in range(50):
            publisher.trigger("chat", "n", str(number))
        for watcher in watchers:
            assert [watcher.expect("chat", "n") for _ in range(50)] == [str(n) for n in range(50)]
    finally:
        for watcher in watchers:
            watcher.__exit__()


def test_an_auth_endpoint_can_sign_for_it(broker, publisher, auth_endpoint):
    channels = {"private-orders": ["n"], "presence-room": []}
    with Watcher(
        broker, channels, secret="", auth_endpoint=auth_endpoint, user_data=member("42"),
    ) as watcher:
        watcher.expect_established()
        publisher.trigger("private-orders", "n", "d")
        assert watcher.expect("private-orders", "n") == "d"
        assert publisher.users_info("presence-room") == {"users": [{"id": "42"}]}


@pytest.fixture
def auth_endpoint(publisher):
    """What an application has: it signs with the library, the client never sees the secret."""
    class Endpoint(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            channel, socket_id = form["channel_name"][0], form["socket_id"][0]
            user = member("42") if channel.startswith("presence-") else None
            body = json.dumps(publisher.authenticate(channel, socket_id, user)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Endpoint)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/pusher/auth"
    server.shutdown()
    server.server_close()
