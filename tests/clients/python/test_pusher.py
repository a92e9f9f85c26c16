"""C-250: the stock server library `pusher` against the built binary."""

from __future__ import annotations

import base64
import json

import pusher.errors
import pytest
import requests
from nacl.secret import SecretBox

from broker_process import Broker
from watcher import MEMBER_ADDED, SUCCEEDED, Watcher, wait_until


def presence(user_id: str) -> dict:
    return {"user_id": user_id, "user_info": {"name": f"Zoë {user_id}"}}


def test_trigger_is_delivered_and_answered_with_an_empty_object(broker, publisher):
    with Watcher(broker, {"chat": ["greet"]}) as watcher:
        watcher.expect_established()
        assert publisher.trigger("chat", "greet", {"hello": "Wörld 👋"}) == {}
        assert json.loads(watcher.expect("chat", "greet")) == {"hello": "Wörld 👋"}
        assert publisher.trigger("chat", "greet", "not JSON") == {}
        assert watcher.expect("chat", "greet") == "not JSON"


def test_trigger_reaches_several_channels(broker, publisher):
    with Watcher(broker, {"one": ["n"]}) as first, Watcher(broker, {"two": ["n"]}) as second:
        first.expect_established()
        second.expect_established()
        assert publisher.trigger(["one", "two", "nobody"], "n", "d") == {}
        assert first.expect("one", "n") == "d"
        assert second.expect("two", "n") == "d"


def test_trigger_excludes_a_socket(broker, publisher):
    with Watcher(broker, {"chat": ["n"]}) as first, Watcher(broker, {"chat": ["n"]}) as second:
        excluded = first.expect_established()
        second.expect_established()
        publisher.trigger("chat", "n", "not for the first", socket_id=excluded)
        publisher.trigger("chat", "n", "for both")
        assert first.expect("chat", "n") == "for both"
        assert second.expect("chat", "n") == "not for the first"
        assert second.expect("chat", "n") == "for both"


def test_trigger_batch_is_delivered_in_order(broker, publisher):
    batch = [{"channel": "chat", "name": "n", "data": {"number": number}} for number in range(10)]
    with Watcher(broker, {"chat": ["n"]}) as watcher:
        watcher.expect_established()
        assert publisher.trigger_batch(batch) == {}
        assert [json.loads(watcher.expect("chat", "n"))["number"] for _ in range(10)] == list(range(10))


def test_trigger_batch_gives_the_information_that_was_asked_for(broker, publisher):
    with Watcher(broker, {"presence-room": []}, user_data=presence("42")) as watcher:
        watcher.expect_established()
        answer = publisher.trigger_batch([
            {"channel": "chat", "name": "n", "data": "d"},
            {"channel": "presence-room", "name": "n", "data": "d", "info": "user_count"},
        ])
    assert answer == {"batch": [{}, {"user_count": 1}]}


def test_channels_are_listed(broker, publisher):
    assert publisher.channels_info() == {"channels": {}}
    channels: dict[str, list[str]] = {"chat": [], "private-orders": [], "presence-room": []}
    with Watcher(broker, channels, user_data=presence("42")) as watcher:
        watcher.expect_established()
        assert publisher.channels_info() == {"channels": {name: {} for name in channels}}
        assert publisher.channels_info("presence-", ["user_count"]) == {
            "channels": {"presence-room": {"user_count": 1}}}
        with pytest.raises(pusher.errors.PusherBadRequest, match="please supply filter_by_prefix"):
            publisher.channels_info(attributes=["user_count"])


def test_a_channel_is_described(broker, publisher):
    assert publisher.channel_info("chat") == {"occupied": False}
    room = {"presence-room": [MEMBER_ADDED]}
    with Watcher(broker, room, user_data=presence("42")) as first:
        first.expect_established()
        with Watcher(broker, room, user_data=presence("42")) as second:
            second.expect_established()
            assert publisher.channel_info("presence-room", ["user_count", "subscription_count"]) == {
                "occupied": True, "user_count": 1, "subscription_count": 2}
    with pytest.raises(pusher.errors.PusherBadRequest, match="unless the channel is a presence channel"):
        publisher.channel_info("chat", ["user_count"])


def test_the_cached_event_is_shown(broker, publisher):
    assert publisher.channel_info("cache-prices", ["cache"]) == {"occupied": False, "cache": None}
    publisher.trigger("cache-prices", "price", {"eur": "1.02"})
    cache = publisher.channel_info("cache-prices", ["cache"])["cache"]
    assert json.loads(cache["data"]) == {"eur": "1.02"}
    assert 1790 <= cache["ttl"] <= 1800


def test_users_are_listed(broker, publisher):
    assert publisher.users_info("presence-room") == {"users": []}
    room = {"presence-room": [MEMBER_ADDED]}
    with Watcher(broker, room, user_data={"user_id": 7}) as first:
        first.expect_established()
        with Watcher(broker, room, user_data=presence("42")) as second:
            second.expect_established()
            users = publisher.users_info("presence-room")["users"]
            assert sorted(user["id"] for user in users) == ["42", "7"]
    with pytest.raises(pusher.errors.PusherBadRequest, match="Users can only be retrieved for presence"):
        publisher.users_info("chat")


def test_a_user_is_reached_and_terminated(broker, publisher):
    with Watcher(broker) as watcher:
        socket_id = watcher.expect_established()
        signin = publisher.authenticate_user(socket_id, {"id": "42", "name": "Zoë"})
        # The answer comes on the reader thread, where the subscription is safe from overtaking.
        watcher.subscribed = {"#server-to-user-42": ["notice"]}
        watcher.connection.bind("pusher:signin_success", watcher._subscribe)
        watcher.connection.send_event("pusher:signin", signin)
        assert watcher.expect(None, "pusher:signin_success")["user_data"] == signin["user_data"]
        watcher.expect("#server-to-user-42", SUCCEEDED)
        assert publisher.send_to_user("42", "notice", {"text": "hi"}) == {}
        assert json.loads(watcher.expect("#server-to-user-42", "notice")) == {"text": "hi"}
        assert publisher.terminate_user_connections("7") == {}
        watcher.expect_silence(0.3)
        assert publisher.terminate_user_connections("42") == {}
        assert watcher.expect_error() == {"code": 4009, "message": "You got disconnected by the app."}
        watcher.connection.join(10)
        assert not watcher.connection.is_alive(), "4009 means: stay away"


def test_a_private_channel_is_authorized_with_authenticate(broker, publisher):
    with Watcher(broker) as watcher:
        socket_id = watcher.expect_established()
        auth = publisher.authenticate("private-orders", socket_id)["auth"]
        watcher.client.subscribe("private-orders", auth=auth).bind("n", watcher._hear("private-orders", "n"))
        wait_until(lambda: publisher.channel_info("private-orders")["occupied"])
        publisher.trigger("private-orders", "n", "d")
        assert watcher.expect("private-orders", "n") == "d"


def test_a_presence_channel_is_authorized_with_authenticate(broker, publisher):
    with Watcher(broker) as watcher:
        socket_id = watcher.expect_established()
        signed = publisher.authenticate("presence-room", socket_id, presence("42"))
        watcher.connection.send_event("pusher:subscribe", {"channel": "presence-room", **signed})
        wait_until(lambda: publisher.users_info("presence-room") == {"users": [{"id": "42"}]})


def test_an_encrypted_event_arrives_as_it_was_encrypted(broker):
    key = base64.b64encode(bytes(range(32))).decode()
    publisher = broker.publisher(encryption_master_key_base64=key)
    channel = "private-encrypted-vault"
    with Watcher(broker, {channel: ["n"]}) as watcher:
        socket_id = watcher.expect_established()
        assert publisher.trigger(channel, "n", {"secret": "Zoë"}) == {}
        box = json.loads(watcher.expect(channel, "n"))
    assert sorted(box) == ["ciphertext", "nonce"]
    shared = base64.b64decode(publisher.authenticate(channel, socket_id)["shared_secret"])
    opened = SecretBox(shared).decrypt(base64.b64decode(box["ciphertext"]), base64.b64decode(box["nonce"]))
    assert json.loads(opened) == {"secret": "Zoë"}


def test_refusals_raise_what_the_library_promises(broker, publisher):
    with pytest.raises(pusher.errors.PusherBadAuth, match="Invalid signature: you should have sent"):
        broker.publisher(secret="wrong").trigger("chat", "n", "d")
    with pytest.raises(pusher.errors.PusherBadAuth, match="Unknown auth_key"):
        broker.publisher(key="wrong").channels_info()
    with pytest.raises(pusher.errors.PusherBadStatus, match="404"):
        broker.publisher(app_id="9999").trigger("chat", "n", "d")
    with pytest.raises(pusher.errors.PusherBadRequest, match="The 'pusher' namespace is reserved"):
        publisher.trigger("chat", "pusher:n", "d")
    # The library lets 30 KB pass and leaves the limit to the server.
    with pytest.raises(pusher.errors.PusherBadStatus, match="413: The data content of this event exceeds"):
        publisher.trigger("chat", "n", "d" * 10241)
    assert publisher.trigger("chat", "n", "d" * 10240) == {}


def test_a_disabled_app_is_forbidden():
    with Broker(app_enabled="false") as broker:
        with pytest.raises(pusher.errors.PusherForbidden):
            broker.publisher().trigger("chat", "n", "d")


def test_the_library_keeps_one_connection_for_all_its_requests(broker, publisher):
    for _ in range(50):
        publisher.trigger("chat", "n", "d")
        publisher.channels_info()
    pools = publisher._pusher_client.http.session.get_adapter("http://").poolmanager.pools
    [pool] = [pools.get(key) for key in pools.keys()]
    assert (pool.num_connections, pool.num_requests) == (1, 100)


def test_a_publisher_works_again_after_a_restart(broker, publisher):
    publisher.trigger("chat", "n", "d")
    broker.stop()
    with pytest.raises(requests.ConnectionError):
        publisher.trigger("chat", "n", "d")
    broker.start()
    assert publisher.trigger("chat", "n", "d") == {}
