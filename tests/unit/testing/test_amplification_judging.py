"""In which order the checks on a test are run."""

from __future__ import annotations

from seamproof.pytest_plugin.amplified import _known
from seamproof.testing.amplification.judging import _in_order
from seamproof.testing.amplification.recording import Wanted

WANTED = Wanted(("rollback", "exposure", "ssrf", "trace"))


def test_what_is_provoked_comes_before_who_looks_at_it() -> None:
    assert _in_order("exposure", WANTED) == ("rollback", "ssrf", "exposure")
    assert _in_order("ssrf", WANTED) == ("ssrf",)
    assert _in_order("trace", Wanted(("trace",))) == ("trace",)


def test_items_are_collected_so() -> None:
    assert _known(("trace", "rollback")) == ("rollback", "trace")
    assert _known(())[-3:] == ("contract", "exposure", "trace")
