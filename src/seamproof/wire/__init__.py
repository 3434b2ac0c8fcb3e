"""Sans-I/O protocols: bytes in, bytes and events out. One package a protocol.

- `postgres`   the frontend/backend protocol, versions 3.0 and 3.2
"""
