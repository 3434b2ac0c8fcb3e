"""TLS that ends at a boundary: a transport for the link, a protocol for the socket.

It is not `loop.start_tls`, for three reasons: a client that negotiates directly has sent its
ClientHello before anybody knew; an encrypted connection has two halves here as a plain one has; and
what looks like a crash must end without the closing alert that an orderly end sends.
"""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

_PIECE: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class TlsFailure:
    """A client that went away because of TLS."""

    declined: bool
    """It wants TLS, and none is offered."""
    reason: str = ""
    """Why the handshake failed, in the words of the library."""


class TlsTransport(asyncio.Transport):
    """What is written is encrypted; what the peer sent is decrypted by `decrypt`."""

    def __init__(self, transport: asyncio.Transport, context: ssl.SSLContext) -> None:
        super().__init__()
        self._transport = transport
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._session = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._speaks = False

    # ------------------------------------------------------------------------ what comes in

    def shake_hands(self, data: bytes) -> bool:
        """Take bytes of the handshake; return whether it is complete. Raises ssl.SSLError."""
        self._incoming.write(data)
        try:
            self._session.do_handshake()
        except ssl.SSLWantReadError:
            return False
        finally:
            # Also what tells the peer why it fails.
            self._flush()
        self._speaks = True
        return True

    @property
    def alpn(self) -> str | None:
        """What the client named as its protocol, if it is one of the context's."""
        return self._session.selected_alpn_protocol()

    def decrypt(self, data: bytes) -> tuple[bytes, bool]:
        """Take bytes; return what they say, and whether the peer has said its last.

        Raises ssl.SSLError.
        """
        incoming, session = self._incoming, self._session
        incoming.write(data)
        pieces: list[bytes] = []
        ended = False
        try:
            while incoming.pending or session.pending():
                piece = session.read(_PIECE)
                if not piece:
                    ended = True
                    break
                pieces.append(piece)
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLZeroReturnError:
            ended = True
        self._flush()
        return (pieces[0] if len(pieces) == 1 else b"".join(pieces)), ended

    # ------------------------------------------------------------------------ what goes out

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Encrypt and send. Before the handshake and behind the last word nothing is sent."""
        if not self._speaks:
            return
        left = memoryview(data)
        while left:
            left = left[self._session.write(left) :]
        self._flush()

    def close(self) -> None:
        """End the connection in order: behind what was written, with a closing alert."""
        if self._speaks and not self.is_closing():
            # It raises where the peer's own alert is still to come, which nobody waits for.
            with suppress(ssl.SSLError):
                self._session.unwrap()
            self._flush()
        self.crash()

    def crash(self) -> None:
        """End the connection behind what was written, without an alert, as a process that dies."""
        self._speaks = False
        self._transport.close()

    def abort(self) -> None:
        """End the connection at once."""
        self._speaks = False
        self._transport.abort()

    def _flush(self) -> None:
        if self._outgoing.pending:
            self._transport.write(self._outgoing.read())

    # ------------------------------------------------------------------------ flow control

    def is_closing(self) -> bool:
        """Whether it is closed or about to be."""
        return self._transport.is_closing()

    def is_reading(self) -> bool:
        """Whether bytes are taken from the socket."""
        return self._transport.is_reading()

    def pause_reading(self) -> None:
        """Take no more from the socket."""
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Go on taking from the socket."""
        self._transport.resume_reading()

    def get_write_buffer_size(self) -> int:
        """How many encrypted bytes wait for the socket."""
        return self._transport.get_write_buffer_size()
