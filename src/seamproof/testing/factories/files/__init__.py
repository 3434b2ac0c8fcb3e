"""Rows from files, of which each name and value knows its place.

    JSON, YAML: { "users": [{...}], "orders": {"first": {"user": "alice", ...}} }
    JSON:       Django's `dumpdata`, [{ "model": "shop.order", "pk": 1, "fields": {...} }]
    CSV:        users.csv, with the columns in the first line
    SQL:        statements, run as they are

- `located`  values with the line and the column that they stand at
- `entries`  the rows of a file
- `loading`  rows made of them, parents first; what no longer fits is told with its place
"""

from seamproof.testing.factories.files.loading import Loaded, LoadedRows, StaleFixture, load

__all__ = ["Loaded", "LoadedRows", "StaleFixture", "load"]
