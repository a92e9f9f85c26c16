"""The table of `tests/contest.md` names tests that exist."""

from __future__ import annotations

import re

from broker_process import ROOT


def test_every_test_that_the_table_names_exists():
    named = {name for name in re.findall(r"`([^`]+)`", (ROOT / "tests/contest.md").read_text(encoding="utf-8"))
             if "/" not in name and "." not in name and "kill" != name.split()[0]}
    places = [*(ROOT / "src").rglob("*.rs"), *(ROOT / "tests/broker").rglob("*.rs"),
              *(ROOT / "tests/clients/python").glob("test_*.py"), *(ROOT / "tests/clients/browser").glob("*.test.js")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in places)
    missing = [name for name in sorted(named) if not re.search(rf'(fn|def) {re.escape(name)}\(|test\("{re.escape(name)}"', text)]
    assert len(named) > 50
    assert missing == []
