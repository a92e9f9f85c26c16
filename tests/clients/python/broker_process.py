"""The built binary as a process of its own, on a free port."""

from __future__ import annotations

import os
import queue
import re
import signal
import subprocess
import tempfile
import threading
from pathlib import Path

import pusher

ROOT = Path(__file__).resolve().parents[3]
BINARY = Path(os.environ.get("SALURAN_BINARY", ROOT / "target/release/saluran"))

APP_ID = "1001"
KEY = "test-key"
SECRET = "test-secret"

# How long any wait in a test may last.
DEADLINE = 10.0


class Broker:
    """`saluran serve`, configured by environment variables and, where channels are declared, a file; `with` ends it."""

    def __init__(self, file: str | None = None, **settings: str) -> None:
        """Settings such as `app_client_events="true"` become `SALURAN_APP_CLIENT_EVENTS`."""
        self.settings = {
            "server_host": "127.0.0.1",
            "server_admin": "off",
            "server_drain": "100ms",
            # The shipped file has the contest, whose gateway has one port.
            "contest_enabled": "false",
            "app_id": APP_ID,
            "app_key": KEY,
            "app_secret": SECRET,
            "app_client_events": "true",
            **settings,
        }
        self.directory = tempfile.TemporaryDirectory()
        self.command = [str(BINARY), "serve"]
        if file is not None:
            path = Path(self.directory.name, "channels.toml")
            path.write_text(file, encoding="utf-8")
            self.command += ["--config", str(path)]
        self.port = 0
        # Further variables of its environment, as they are.
        self.environment: dict[str, str] = {}
        self.log: list[str] = []

    def __enter__(self) -> Broker:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.kill()
        self.directory.cleanup()

    def start(self) -> None:
        """Starts on a free port, and later again on the same one."""
        # Of this process's own variables those named SALURAN_* are not for the broker.
        environment = {name: text for name, text in os.environ.items() if not name.startswith("SALURAN_")}
        for name, text in {**self.settings, "server_port": str(self.port)}.items():
            environment[f"SALURAN_{name.upper()}"] = text
        environment.update(self.environment)
        self.process = subprocess.Popen(
            self.command, cwd=self.directory.name, env=environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )
        address: queue.Queue[int | None] = queue.Queue()
        self.reader = threading.Thread(target=self._read_log, args=(self.process.stderr, address), daemon=True)
        self.reader.start()
        found = address.get(timeout=DEADLINE)
        assert found is not None, "the broker did not start:\n" + "\n".join(self.log)
        self.port = found

    def _read_log(self, stream, address: queue.Queue[int | None]) -> None:
        for line in stream:
            self.log.append(line.rstrip())
            listening = re.search(r"listening.*?127\.0\.0\.1:(\d+)", line)
            if listening:
                address.put(int(listening.group(1)))
        address.put(None)
        stream.close()

    def stop(self) -> None:
        """Asks it to end, as an operator does."""
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(DEADLINE) == 0, "\n".join(self.log)
        # Its last words may still be on their way.
        self.reader.join(DEADLINE)

    def kill(self) -> None:
        """Ends it without a chance to say goodbye."""
        self.process.kill()
        self.process.wait(DEADLINE)

    def publisher(self, **options) -> pusher.Pusher:
        """A client of the stock server library."""
        return pusher.Pusher(**{
            "app_id": APP_ID, "key": KEY, "secret": SECRET,
            "host": "127.0.0.1", "port": self.port, "ssl": False, **options,
        })
