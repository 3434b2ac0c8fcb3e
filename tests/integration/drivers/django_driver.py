"""Django's backend."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import count

import django
from django.conf import settings
from django.db import connections, transaction
from driver_requests import LINE, ORDER, READ, Driver, Target, implicit, script

_aliases = count(1)


class Django(Driver):
    """Django's backend with a connection that is kept over requests."""

    lost = ("OperationalError", "InterfaceError")

    def __init__(self, target: Target) -> None:
        super().__init__(target)
        if not settings.configured:
            settings.configure()
            django.setup()
        keywords = dict(target.keywords)
        self._alias = f"matrix_{next(_aliases)}"
        database = {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": keywords.pop("dbname"),
            "CONN_MAX_AGE": None,
        }
        database |= {name.upper(): keywords.pop(name) for name in ("host", "port", "user")}
        database |= {"PASSWORD": keywords.pop("password"), "OPTIONS": keywords}
        known = {"default": {}} | connections.settings
        connections.settings = connections.configure_settings(known | {self._alias: database})
        # Its connections belong to threads.
        self._thread = ThreadPoolExecutor(1)

    def request(self, name: str, note: str) -> None:
        self._thread.submit(self._request, name, note).result(15)

    def _request(self, name: str, note: str) -> None:
        connection = connections[self._alias]
        connection.close_if_unusable_or_obsolete()
        try:
            super().request(name, note)
        finally:
            connection.close_if_unusable_or_obsolete()

    def _execute(self, sql: str, *values: str) -> None:
        with connections[self._alias].cursor() as cursor:
            cursor.execute(sql, values or None)

    def transaction(self, note: str) -> None:
        with transaction.atomic(self._alias):
            self._execute(READ + "%s", note)
            self._execute(ORDER + "(%s)", note)
            self._execute(LINE + "(%s)", note)

    def autocommit(self, note: str) -> None:
        self._execute(ORDER + "(%s)", note)

    def savepoint(self, note: str) -> None:
        with transaction.atomic(self._alias):
            self._execute(ORDER + "(%s)", note)
            try:
                with transaction.atomic(self._alias):
                    self._execute(LINE + "(%s)", note)
            except django.db.Error:
                if not connections[self._alias].is_usable():
                    raise

    def script(self, note: str) -> None:
        try:
            self._execute(script(note))
        except django.db.Error:
            # Django does not know of the transaction, and keeps the connection of some errors.
            connection = connections[self._alias]
            if connection.connection and not connection.connection.closed:
                self._execute("ROLLBACK")
            raise

    def implicit(self, note: str) -> None:
        self._execute(implicit(note))

    def close(self) -> None:
        self._thread.submit(self._close).result(15)
        self._thread.shutdown()

    def _close(self) -> None:
        connections[self._alias].close()

    @staticmethod
    def error(sqlstate: str) -> str:
        return "IntegrityError" if sqlstate == "23505" else "OperationalError"
