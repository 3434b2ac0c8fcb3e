"""Connections for the warehouse's scanners, which talk to the database without the ORM."""

import queue
from typing import Any

import psycopg

from seamproof.demo.service.settings import PLAIN_DATABASE_URL

Connection = psycopg.Connection[tuple[Any, ...]]


class ConnectionPool:
    """Hands out connections and takes them back."""

    def __init__(self, size: int) -> None:
        self._free: queue.LifoQueue[Connection | None] = queue.LifoQueue()
        for _ in range(size):
            self._free.put(None)

    def take(self) -> Connection:
        """A connection; waits where all are taken."""
        connection = self._free.get(timeout=30)
        try:
            return connection or psycopg.connect(PLAIN_DATABASE_URL)
        except psycopg.Error:
            self._free.put(None)
            raise

    def give_back(self, connection: Connection) -> None:
        """Make the connection available again."""
        self._free.put(connection)


pool = ConnectionPool(size=1)
