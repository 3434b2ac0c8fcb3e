"""What the two ends of a connection through the SQL boundary mean for its silence."""

from __future__ import annotations

from typing import Any

import pytest

from seamproof.boundaries.ledger import Ledger
from seamproof.boundaries.link import Link


class Owner:
    """A boundary on which something passed at the hour zero, and nothing since."""

    def __init__(self) -> None:
        self.ledger = Ledger(0)
        self.last = 0.0
        self.paused = False
        self.isolation = ""
        self.unread: list[Link] = []
        self.gone: list[Link] = []

    def on_gone(self, link: Link) -> None:
        self.gone.append(link)


class Transport:
    """One that is told to write and to close, and does not do it."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_: False


@pytest.mark.parametrize("left", [True, False])
def test_the_end_of_a_backend_is_a_sign_of_the_service_only_while_it_is_there(left: bool) -> None:
    owner: Any = Owner()
    transport: Any = Transport()
    link = Link(owner, 1)
    link.client_made(transport)
    link.server_made(transport)
    if left:
        link.client_ended()
    link.server_lost()
    link.client_lost()
    assert owner.gone == [link]
    assert (owner.last == 0.0) is left
