"""Makes a peer for an identity that is alone."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

from seamproof.core.catalog import Catalog
from seamproof.core.errors import SeamproofError
from seamproof.core.history import History
from seamproof.run.identities.peers import NAME, proposals
from seamproof.run.identities.wallet import Wallet

if TYPE_CHECKING:
    from seamproof.run.experiment.conductor import Conductor

_TRIES = 3
"""Proposals that are tried."""


async def recruit(
    identities: Wallet, conductor: Conductor, baselines: Iterable[History], catalog: Catalog
) -> str:
    """Register a peer of the only identity. Returns why there is none then.

    The peer belongs to the state that every experiment starts from, as everybody does.
    """
    ((owner, configured),) = identities.identities.items()
    filled = configured.filled(owner, os.environ)
    found, reason = proposals(owner, filled, baselines, catalog, conductor.stored)
    for each in found[:_TRIES]:
        try:
            await conductor.at_base(partial(identities.add, NAME, each.identity))
            return ""
        except SeamproofError as error:
            reason = f"{each.source} makes accounts, and none could sign in: {error.problem}"
    return reason
