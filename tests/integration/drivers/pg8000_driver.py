"""pg8000, which speaks the protocol by itself."""

from __future__ import annotations

from typing import Any

import pg8000.dbapi
import pg8000_connecting
from driver_requests import LINE, ORDER, READ, Driver, Raised, implicit, script


class Pg8000(Driver):
    """pg8000 keeps a named statement for each text; it has no pool, nor does it know a lost
    connection before it has met one."""

    requests = (*Driver.requests, "prepared")
    lost = ("InterfaceError",)
    refused = ("DatabaseError",)
    _kept: Any = None

    def request(self, name: str, note: str) -> None:
        if self._kept is None:
            self._kept = pg8000_connecting.connect(
                self.target.address, ssl_context=self.target.context or None, timeout=15
            )
        self._kept.autocommit = name not in ("transaction", "savepoint")
        try:
            super().request(name, note)
            self._kept.commit()
        except pg8000.dbapi.InterfaceError:
            self._kept = None
            raise
        except pg8000.dbapi.Error:
            self._kept.rollback()
            raise

    def _execute(self, sql: str, *values: str) -> None:
        cursor = self._kept.cursor()
        cursor.execute(sql, values)

    def transaction(self, note: str) -> None:
        self._execute(READ + "%s", note)
        self._execute(ORDER + "(%s)", note)
        self._execute(LINE + "(%s)", note)

    def autocommit(self, note: str) -> None:
        self._execute(ORDER + "(%s)", note)

    prepared = autocommit

    def savepoint(self, note: str) -> None:
        self._execute(ORDER + "(%s)", note)
        self._execute("SAVEPOINT line")
        try:
            self._execute(LINE + "(%s)", note)
        except pg8000.dbapi.DatabaseError:
            self._execute("ROLLBACK TO line")

    def script(self, note: str) -> None:
        self._execute(script(note))

    def implicit(self, note: str) -> None:
        self._execute(implicit(note))

    def close(self) -> None:
        if self._kept is not None:
            self._kept.close()

    @staticmethod
    def raised(error: Any) -> Raised:
        fields = error.args[0] if error.args else None
        state = fields.get("C") if isinstance(fields, dict) else None
        return Raised(type(error).__name__, state)

    @staticmethod
    def error(sqlstate: str) -> str:
        return "DatabaseError"
