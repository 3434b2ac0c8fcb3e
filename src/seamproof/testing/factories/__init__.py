"""Rows that a test needs, from the live catalog: `make.user()`, `make.product(stock=10)`.

    name -> table -> foreign keys, each a row that is given, was made before, or is made now
                  -> values by column name and type -> INSERT, tried in a savepoint and varied

- `make`        what a test uses
- `named`       the table, the column and the relation that a name means
- `building`    one row with all that it needs
- `drafting`    a row in the making
- `giving`      what a test gives for a row
- `filling`     the values that nobody has given
- `inserting`   the INSERT: what refuses it, and which values are varied then
- `cannot`      what is told of a row that is refused
- `refusal`     why a row cannot be made
- `values`      a value by the column's type
- `wording`     a text by the column's name, from Faker
- `conditions`  what CHECK constraints ask of a column
- `kinds`       domains, and the sizes of types
- `made`        a row that was made
- `stored`      rows that are stored already
- `accounts`    how a made row signs in
- `borrowed`    rows by the factories of other libraries
- `files`       rows from JSON, YAML, CSV and SQL files
"""

from seamproof.testing.factories.made import Made
from seamproof.testing.factories.refusal import CannotMake

__all__ = ["CannotMake", "Made"]
