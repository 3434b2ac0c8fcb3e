"""Puts this folder on the path, so that every test can import from `doubles`."""

from __future__ import annotations

from hypothesis import settings

# A machine that is busy with servers is slow for reasons that no example has.
settings.register_profile("seamproof", deadline=None)
settings.load_profile("seamproof")
