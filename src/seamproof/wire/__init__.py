"""Sans-I/O protocols: bytes in, bytes and events out. One package a protocol.

- `http`       the server's side of HTTP/1.1, and what a fake makes of a request
- `postgres`   the frontend/backend protocol, versions 3.0 and 3.2
"""
