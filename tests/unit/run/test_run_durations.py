from __future__ import annotations

import pytest

from seamproof.core.errors import ConfigurationError
from seamproof.run.durations import seconds


@pytest.mark.parametrize(
    ("text", "expected"),
    [("90", 90), ("60s", 60), (" 5m ", 300), ("1.5h", 5400), ("250ms", 0.25)],
)
def test_durations_as_people_write_them(text: str, expected: float) -> None:
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["", "soon", "0s", "-5s", "5 m", "1d", "nan", "1e3"])
def test_what_is_no_positive_duration_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="is no duration"):
        seconds(text)
