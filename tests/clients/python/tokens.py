"""Bearer tokens as a system beside the broker issues them, and a publisher that needs nothing else."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any

from broker_process import APP_ID, ROOT

# The secret for tokens in the file that the repository ships.
TOKEN_SECRET = "saluran-token-secret-for-trials-only"

HOUR = 3600


def shipped_file() -> str:
    return (ROOT / "channels.toml").read_text(encoding="utf-8")


def token(secret: str = TOKEN_SECRET, **claims: Any) -> str:
    """A JWT by HS256 with these claims; it holds for an hour unless they say otherwise."""
    now = int(time.time())
    parts = [{"alg": "HS256", "typ": "JWT"}, {"iat": now, "exp": now + HOUR, **claims}]
    signed = ".".join(_encode(json.dumps(part).encode()) for part in parts)
    return f"{signed}.{_encode(hmac.digest(secret.encode(), signed.encode(), hashlib.sha256))}"


def machine(number: int, **claims: Any) -> str:
    """The token of one reverse vending machine."""
    return token(**{"sub": f"rvm-{number}", "roles": ["machine"], "rvm_id": number, **claims})


def events_url(port: int) -> str:
    return f"http://127.0.0.1:{port}/apps/{APP_ID}/events"


def body(channel: str, name: str, data: Any, **more: Any) -> dict[str, Any]:
    """What a device posts: one event, its data as a text."""
    return {"channel": channel, "name": name, "data": json.dumps(data), **more}


def _encode(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()
