"""What the senders' tests share: where the senders are, and waits with a deadline."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import Callable

from broker_process import DEADLINE, ROOT

PYTHON = ROOT / "examples/python"
if str(PYTHON) not in sys.path:
    sys.path.insert(0, str(PYTHON))


def until(condition: Callable[[], bool], what: str = "") -> None:
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, f"not within {DEADLINE:.0f} s {what}"
        time.sleep(0.005)


def script(name: str, *options: str, stdin: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    """A script of examples/python, run as people run it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SALURAN_CAMERA")}
    environment.update(variables, PYTHONPATH=str(PYTHON), PYTHONDONTWRITEBYTECODE="1")
    return subprocess.run(
        [sys.executable, str(PYTHON / name), *options], env=environment, input=stdin, capture_output=True, text=True,
        timeout=60)


def balanced(stats: dict, added: int) -> bool:
    """Every point that was taken is in one place."""
    return added == sum(stats[name] for name in ("acknowledged", "refused", "unconfirmed", "buffered", "dropped"))
