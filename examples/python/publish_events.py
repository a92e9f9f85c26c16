#!/usr/bin/env python3
"""Publishes what a fleet of reverse vending machines reports, through the stock `pusher` library."""

from __future__ import annotations

import argparse
import itertools
import json
import os
import sys
import time
from collections import Counter

import pusher
import pusher.errors
import requests

from rvm_events import Event, fleet_events
from token_publisher import Refused, TokenPublisher

DESCRIPTION = """\
Publishes realistic events of reverse vending machines to a Saluran broker (or any other
server that speaks Pusher's HTTP API), through the stock `pusher` library.

  channel             events
  rvm-status          status-updated, health-updated
  detection-results   detection-completed, processing-updated
  timezone-updates    timezone-synced, manual-sync

Every event is printed as it is sent. Ctrl-C stops and prints a summary.
"""

EXAMPLES = """\
examples:
  publish_events.py                             2 events a second to the local broker
  publish_events.py --machines 20 --rate 8      a busy fleet
  publish_events.py --count 100 --seed 7        the same 100 events every time
  publish_events.py --rate 50 --batch 10        ten events per request
  SALURAN_APP_SECRET=... publish_events.py --host broker.local --app-id 7 --key my-key
  publish_events.py --token "$(saluran token --role machine --sub fleet --ttl 1h)"
                                                as a device: a token in place of key and secret
"""


# What helps when the broker refuses what a token publishes, by the status of its answer.
REFUSED_TOKEN = {
    401: "Make a new one (`saluran token --role machine --sub fleet --ttl 1h`) with the broker's own channels.toml.",
    403: "Give the token a role that may publish this, or let its role do so in channels.toml.",
    404: "See --app-id.",
}


class PublishError(Exception):
    """Why publishing stopped, and what to do about it, in words for the person at the terminal."""


def main() -> int:
    options = parse_options()
    try:
        client = connect(options)
    except ValueError as error:
        sys.exit(f"publish_events: {error} ({options.app_id}): app ids are decimal numbers")
    sent: Counter[str] = Counter()
    started = time.monotonic()
    status = 0
    try:
        publish_all(client, options, sent)
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
    except PublishError as error:
        print(f"publish_events: {error}", file=sys.stderr)
        status = 1
    print(summary(sent, time.monotonic() - started), file=sys.stderr)
    return status


def connect(options: argparse.Namespace) -> pusher.Pusher | TokenPublisher:
    """A back end signs with the app's secret; a device shows its token."""
    if options.token:
        return TokenPublisher(options.host, options.port, options.app_id, options.token)
    return pusher.Pusher(
        app_id=options.app_id, key=options.key, secret=options.secret,
        host=options.host, port=options.port, ssl=False,
    )


def publish_all(client: pusher.Pusher | TokenPublisher, options: argparse.Namespace, sent: Counter[str]) -> None:
    """Sends the fleet's events at the wanted rate, until `--count` are sent."""
    events = itertools.islice(fleet_events(options.machines, options.seed), options.count)
    due = time.monotonic()
    while batch := list(itertools.islice(events, options.batch)):
        time.sleep(max(0.0, due - time.monotonic()))
        try:
            send(client, batch)
        except Exception as error:
            raise PublishError(explain(error, options)) from error
        for event in batch:
            sent[event.name] += 1
            print(f"{event.channel:<18} {event.name:<20} {headline(event)}", flush=True)
        due += len(batch) / options.rate


def send(client: pusher.Pusher | TokenPublisher, batch: list[Event]) -> None:
    """One event by `trigger`, several by `trigger_batch`: a single request either way."""
    if len(batch) == 1:
        event = batch[0]
        client.trigger(event.channel, event.name, event.data)
    else:
        client.trigger_batch(
            [{"channel": event.channel, "name": event.name, "data": event.data} for event in batch]
        )


def headline(event: Event) -> str:
    """The few fields that a person watching the terminal wants to see."""
    data = event.data
    who = data.get("device_id") or f"RVM-{data['rvm_id']:03d}"
    if event.name == "status-updated":
        return f"{who} {data['previous_status']} -> {data['status']}, {data['capacity']} % full"
    if event.name == "health-updated":
        metrics = data["metrics"]
        return f"{who} cpu {metrics['cpu_usage']} %, {metrics['temperature']} °C"
    if event.name == "detection-completed":
        return f"{who} " + ", ".join(f"{o['class']} {o['confidence']}" for o in data["detections"])
    if event.name == "processing-updated":
        return f"{who} #{data['processing_request_id']} {data['status']}"
    return f"{who} {data.get('timezone') or data['status']}"


def explain(error: Exception, options: argparse.Namespace) -> str:
    """Turns what the library raised into what happened and what to do."""
    where = f"{options.host}:{options.port}"
    text = str(error).strip()
    if isinstance(error, requests.ConnectionError):
        return (f"no broker answers at {where}. Start one (`cargo run --release`), "
                "or name another with --host and --port.")
    if isinstance(error, requests.Timeout):
        return f"the broker at {where} did not answer in time."
    if isinstance(error, Refused):
        advice = REFUSED_TOKEN.get(error.status, "See the table of answers in deploy/channels.md.")
        return f"the broker refused this ({error.status}): {error.reason}\n{advice}"
    if isinstance(error, pusher.errors.PusherBadAuth):
        return (f"the broker refused the signature (401): {text}\n"
                "Compare --app-id, --key and the secret with the broker's channels.toml, "
                "and this machine's clock with the broker's.")
    if isinstance(error, pusher.errors.PusherForbidden):
        return f"the broker refuses app {options.app_id} (403): {text}"
    if text.startswith("404"):
        return f"the broker at {where} has no app {options.app_id} (404): see --app-id."
    if text.startswith("413"):
        return (f"an event is too large for the broker ({text}).\n"
                "Raise event_data_bytes in channels.toml, or send a path instead of a picture.")
    if isinstance(error, json.JSONDecodeError):
        return f"what answers at {where} is not a Pusher-compatible broker: {text}"
    return f"{type(error).__name__}: {text}"


def summary(sent: Counter[str], seconds: float) -> str:
    total = sum(sent.values())
    lines = [f"sent {total} events in {seconds:.1f} s ({total / max(seconds, 0.001):.1f} a second)"]
    lines += [f"  {count:>6} {name}" for name, count in sorted(sent.items())]
    return "\n".join(lines)


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="publish_events.py", description=DESCRIPTION, epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    broker = parser.add_argument_group("the broker")
    broker.add_argument("--host", default="127.0.0.1", help="its host (default: %(default)s)")
    broker.add_argument("--port", type=int, default=6001, help="its port (default: %(default)s)")
    broker.add_argument("--app-id", default="1001", help="the app to publish to (default: %(default)s)")
    broker.add_argument("--key", default="saluran-key", help="the app's key (default: %(default)s)")
    broker.add_argument(
        "--secret", default=os.environ.get("SALURAN_APP_SECRET", "saluran-secret"),
        help="the app's secret; better given as SALURAN_APP_SECRET, which other users of this "
             "machine cannot see (default: the shipped secret)")
    broker.add_argument(
        "--token", default=os.environ.get("SALURAN_TOKEN"),
        help="a bearer token, in place of key and secret: what a device has; better given as SALURAN_TOKEN")
    events = parser.add_argument_group("the events")
    events.add_argument("--machines", type=positive(int), default=5, metavar="N",
                        help="machines in the fleet: RVM-001, RVM-002, ... (default: %(default)s)")
    events.add_argument("--rate", type=positive(float), default=2.0, metavar="N",
                        help="events a second, over all machines (default: %(default)s)")
    events.add_argument("--count", type=positive(int), metavar="N",
                        help="stop after N events (default: go on until Ctrl-C)")
    events.add_argument("--batch", type=positive(int), default=1, metavar="N",
                        help="events per request, at most 10 (default: %(default)s)")
    events.add_argument("--seed", type=int, metavar="N",
                        help="tell the same story every time; only timestamps differ")
    options = parser.parse_args()
    if options.batch > 10:
        parser.error("--batch: at most 10 events fit in one request")
    return options


def positive(kind: type):
    """An argparse type: a number of this kind above zero."""
    def parse(text: str):
        value = kind(text)
        if value <= 0:
            raise argparse.ArgumentTypeError(f"must be above zero, not {text}")
        return value
    parse.__name__ = kind.__name__
    return parse


if __name__ == "__main__":
    sys.exit(main())
