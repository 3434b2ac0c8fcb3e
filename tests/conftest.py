"""Puts this folder on the path, so that every test can import from `doubles`."""

from __future__ import annotations

import os

from hypothesis import settings

# Services and commands are started many times: without bytecode each start compiles everything.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# A machine that is busy with servers is slow for reasons that no example has.
settings.register_profile("seamproof", deadline=None)
settings.load_profile("seamproof")
