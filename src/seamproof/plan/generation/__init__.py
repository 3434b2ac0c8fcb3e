"""Values that a schema allows: the smallest that is valid, and a richer one.

    schema -> schemas (tidied) -> flattening (one plain schema) -> making (a value) -> judged

- `generator`   the entrance: instances of schemas, request bodies
- `schemas`     a document's schemas made sound; `keywords` says what is
- `flattening`  references, allOf, oneOf, anyOf and conditions become one plain schema
- `making`      a value of a plain schema; `objects` and `arrays` hold others
- `numbers`     numbers within bounds
- `texts`       strings within lengths, of a format, by a pattern
- `formats`     a value for each format
- `vocabulary`  what a field's name says of its value
- `patterns`    strings of a regular expression, whose syntax `pattern_syntax` reads
- `matching`    whether a text matches a pattern or has a format
- `judging`     whether a value is what its schema allows
- `uploads`     bodies whose fields are files

Strings may hold the references that `core.model.Step` knows: `{unique}` where a second request with
the same name would be refused, `{uuid}` for a UUID. What else has braces in a document is written
so that it is sent as it stands there. Nothing here does I/O or reads the time.
"""

from seamproof.plan.generation.generator import Generator

__all__ = ["Generator"]
