"""The binary as a process: what the other files rely on when they restart it."""

from __future__ import annotations

from broker_process import Broker


def test_it_drains_when_it_is_told_to_end_as_soon_as_it_listens():
    with Broker() as broker:
        for _ in range(20):
            broker.stop()
            assert "stopped" in broker.log[-1], broker.log
            broker.start()


def test_it_listens_on_the_same_port_again_at_once():
    with Broker() as broker:
        port = broker.port
        for _ in range(5):
            broker.publisher().trigger("chat", "n", "d")
            broker.kill()
            broker.start()
            assert broker.port == port
