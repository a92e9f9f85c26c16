"""A PostgreSQL of a test's own on a free port, gone with the test."""

from __future__ import annotations

import glob
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

from contest_broker import until

START_SECONDS = 30.0


def program(name: str) -> str:
    """Debian keeps the server's programs out of PATH."""
    found = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}")) or [shutil.which(name)]
    assert found[-1], f"install PostgreSQL: {name} is missing"
    return found[-1]


class Postgres:
    """A server with one user, `saluran`, who may do everything; `with` ends it."""

    def __init__(self) -> None:
        # It refuses to run as root.
        self.user = pwd.getpwnam("nobody") if os.getuid() == 0 else None
        self.folder = Path(tempfile.mkdtemp(prefix="saluran-postgres-"))
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"postgres://saluran:unasked@127.0.0.1:{self.port}/postgres?sslmode=disable"

    def __enter__(self) -> Postgres:
        if self.user:
            os.chown(self.folder, self.user.pw_uid, self.user.pw_gid)
        made = subprocess.run(
            [program("initdb"), "--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C", "--username=saluran",
             "-D", str(self.folder / "data")], capture_output=True, text=True, timeout=START_SECONDS, **self._as_user())
        assert made.returncode == 0, made.stderr
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.server.poll() is None:
            self.stop()
        shutil.rmtree(self.folder)

    def start(self) -> None:
        with open(self.folder / "log", "a", encoding="utf-8") as log:
            self.server = subprocess.Popen(
                [program("postgres"), "-D", str(self.folder / "data"), "-p", str(self.port), "-k", str(self.folder),
                 "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log, **self._as_user())
        until(lambda: self._ask("SELECT 1").returncode == 0, "PostgreSQL", START_SECONDS)

    def stop(self) -> None:
        """Ends it at once, as a loss of power would for those who are connected."""
        self.server.send_signal(signal.SIGQUIT)
        self.server.wait(START_SECONDS)

    def rows(self, query: str) -> list[tuple[str, ...]]:
        """What a query finds, as texts."""
        answer = self._ask(query)
        assert answer.returncode == 0, answer.stderr
        return [tuple(line.split("|")) for line in answer.stdout.splitlines()]

    def _ask(self, query: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [program("psql"), "-XAtq", "-h", "127.0.0.1", "-p", str(self.port), "-U", "saluran", "-d", "postgres", "-c", query],
            capture_output=True, text=True, timeout=START_SECONDS, cwd="/")

    def _as_user(self) -> dict[str, object]:
        place: dict[str, object] = {"cwd": "/"}
        return {**place, "user": self.user.pw_uid, "group": self.user.pw_gid} if self.user else place
