"""What a fleet of reverse vending machines (RVMs) has to say, as an endless stream of events.

The same seed tells the same story; only the timestamps are real. A cause comes before its
effect: a processing request before its detection, a manual sync before the synchronisation.
"""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Iterator

PLACES = [
    ("Magelang", "Asia/Jakarta"),
    ("Yogyakarta", "Asia/Jakarta"),
    ("Makassar", "Asia/Makassar"),
    ("Jayapura", "Asia/Jayapura"),
]
CLASSES = ["plastic_bottle", "aluminum_can", "glass_bottle", "paper_carton"]


@dataclass(frozen=True)
class Event:
    """One event to publish: where, under which name, and its payload."""

    channel: str
    name: str
    data: dict[str, Any]


def fleet_events(machines: int, seed: int | None = None) -> Iterator[Event]:
    """Yields events of `machines` machines for ever; the first eight show every kind."""
    rng = random.Random(seed)
    ids = itertools.count(1)
    fleet = [Machine(number, rng, ids) for number in range(1, machines + 1)]

    yield from fleet[0].report_health()
    yield from fleet[0].sync_on_request()
    yield from fleet[0].detect()
    yield from fleet[0].change_status()
    while True:
        yield from rng.choice(fleet).act()


class Machine:
    """One machine and what it remembers from one event to the next."""

    def __init__(self, number: int, rng: random.Random, ids: Iterator[int]) -> None:
        self.number = number
        self.rng = rng
        self.ids = ids
        self.name = f"RVM-{number:03d}"
        self.device_id = f"jetson_orin_nano_{number:03d}"
        self.city, self.timezone = PLACES[number % len(PLACES)]
        self.status = "active"
        self.capacity = rng.randint(5, 60)
        self.metrics = {"cpu_usage": 45.0, "memory_usage": 62.0, "disk_usage": 23.0,
                        "gpu_usage": 30.0, "temperature": 48.0}

    def act(self) -> Iterator[Event]:
        """Whatever this machine does next: one event, or several that belong together."""
        if self.status != "active":
            return self.rng.choice([self.report_health, self.change_status])()
        # Pictures every few seconds, reports every minute, the clock once a day.
        actions = {self.detect: 60, self.report_health: 20, self.change_status: 4,
                   self.sync_daily: 5, self.sync_on_request: 3}
        return self.rng.choices(list(actions), weights=list(actions.values()))[0]()

    def change_status(self) -> Iterator[Event]:
        """A full bin stops a machine until somebody empties it; now and then one is serviced."""
        previous = self.status
        if previous != "active":
            self.status = "active"
            self.capacity = self.rng.randint(0, 10) if previous == "full" else self.capacity
        elif self.capacity >= 100:
            self.status = "full"
        else:
            self.status = self.rng.choice(["inactive", "maintenance"])
        yield Event("rvm-status", "status-updated", {
            "rvm_id": self.number,
            "rvm_name": self.name,
            "status": self.status,
            "previous_status": previous,
            "capacity": self.capacity,
            "location": self.city,
            "timestamp": now(),
        })

    def report_health(self) -> Iterator[Event]:
        """Metrics wander: each report is a small step away from the last one."""
        for name, value in self.metrics.items():
            step = self.rng.gauss(0, 0.2 if name == "disk_usage" else 3)
            self.metrics[name] = round(min(99.0, max(5.0, value + step)), 1)
        strained = self.metrics["temperature"] > 70 or self.metrics["cpu_usage"] > 80
        yield Event("rvm-status", "health-updated", {
            "rvm_id": self.number,
            "overall_status": self.status,
            "status_details": {
                "system_health": "warning" if strained else "healthy",
                "services": "running",
                "api_connectivity": "connected",
                "hardware": "ok",
                "power": "ok",
                "network": "connected",
            },
            "metrics": dict(self.metrics),
            "timestamp": now(),
        })

    def detect(self) -> Iterator[Event]:
        """A picture on its way: requested, processing, its detections, processed."""
        request = next(self.ids)
        yield self._processing(request, "processing_requested", "waiting for an engine")
        yield self._processing(request, "processing", "detecting objects")
        objects = [self._object(index) for index in range(self.rng.choice([1, 1, 1, 2, 3]))]
        self.capacity = min(100, self.capacity + 2 * len(objects))
        yield Event("detection-results", "detection-completed", {
            "id": request,
            "rvm_id": self.number,
            "image_path": f"captures/{self.name}/detection_{request:06d}.jpg",
            "detections": objects,
            "total_detections": len(objects),
            "processing_time": round(self.rng.uniform(0.07, 1.26), 2),
            "model_used": "best.pt",
            "status": "processed",
            "timestamp": now(),
        })
        yield self._processing(request, "processed", "detection stored")
        if self.capacity >= 100:
            yield from self.change_status()

    def sync_daily(self) -> Iterator[Event]:
        """The clock, once a day and by itself."""
        yield self._synced("automatic")

    def sync_on_request(self) -> Iterator[Event]:
        """Somebody presses the button on a dashboard; the machine answers by synchronising."""
        moment = now()
        yield Event("timezone-updates", "manual-sync", {
            "device_id": self.device_id,
            "trigger": "dashboard_button",
            "status": "sync_requested",
            "triggered_at": moment,
            "timestamp": moment,
        })
        yield self._synced("manual")

    def _synced(self, method: str) -> Event:
        return Event("timezone-updates", "timezone-synced", {
            "sync_log_id": next(self.ids),
            "device_id": self.device_id,
            "timezone": self.timezone,
            "country": "Indonesia",
            "city": self.city,
            "ip": f"203.0.113.{self.number % 250 + 1}",
            "sync_method": method,
            "timestamp": now(),
        })

    def _processing(self, request: int, status: str, message: str) -> Event:
        return Event("detection-results", "processing-updated", {
            "processing_request_id": request,
            "rvm_id": self.number,
            "processing_type": "detection",
            "priority": "normal",
            "status": status,
            "processing_engine_id": 25,
            "progress_message": message,
            "timestamp": now(),
        })

    def _object(self, index: int) -> dict[str, Any]:
        class_id = self.rng.randrange(len(CLASSES))
        left, top = self.rng.randint(0, 400), self.rng.randint(0, 300)
        width, height = self.rng.randint(60, 200), self.rng.randint(80, 180)
        return {
            "id": index,
            "class_id": class_id,
            # Edge programs read `class_name`, the kiosk page `class`: each finds its own.
            "class": CLASSES[class_id],
            "class_name": CLASSES[class_id],
            "confidence": round(self.rng.uniform(0.55, 0.99), 2),
            "bbox": [left, top, left + width, top + height],
            "center": [left + width // 2, top + height // 2, width, height],
        }


def now() -> str:
    """This moment as the platform writes it: ISO 8601, UTC, microseconds."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
