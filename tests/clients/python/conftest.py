"""Fixtures: a broker for every test, and a publisher for it."""

from __future__ import annotations

import os

import pytest

from broker_process import BINARY, Broker

# The clients talk to this machine; a proxy of the environment is not meant for that.
os.environ["no_proxy"] = "127.0.0.1"


def pytest_sessionstart() -> None:
    if not BINARY.is_file():
        pytest.exit(f"{BINARY} is missing: build it (cargo build --release) or name it in SALURAN_BINARY", 2)


@pytest.fixture
def broker():
    with Broker() as broker:
        yield broker


@pytest.fixture
def publisher(broker):
    return broker.publisher()
