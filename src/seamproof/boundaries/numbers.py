"""The numbers of connections: each is unique in a world, whichever boundary it belongs to."""

from __future__ import annotations

from itertools import count

connection_numbers = count(1)
