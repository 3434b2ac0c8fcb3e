from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playbook import GSS, SSL, SYNC, cancel, startup

from seamproof.wire.postgres.messages import ClientProtocolError
from seamproof.wire.postgres.negotiation import Negotiation, Security

HELLO = b"\x16\x03\x01\x00\xa5\x01\0\0\xa1\x03\x03"
START = startup(user="u", database="d")


def negotiate(*pieces: bytes, tls: bool) -> tuple[bytes, Security | None, bytes]:
    """What is answered, what follows, and everything that was sent of it."""
    negotiation = Negotiation(offers_tls=tls)
    answer = b""
    for number, piece in enumerate(pieces):
        settled = negotiation.feed(piece)
        answer += settled.answer
        if settled.security is not None:
            return answer, settled.security, settled.rest + b"".join(pieces[number + 1 :])
    return answer, None, b""


@pytest.mark.parametrize(
    ("said", "tls", "answer", "security", "rest"),
    [
        (START, False, b"", Security.PLAIN, START),
        (START, True, b"", Security.PLAIN, START),
        (cancel(7, b"k" * 256), True, b"", Security.PLAIN, cancel(7, b"k" * 256)),
        (SSL, True, b"S", Security.TLS, b""),
        (SSL, False, b"N", None, b""),
        (GSS, True, b"N", None, b""),
        (GSS + SSL, True, b"NS", Security.TLS, b""),
        (SSL + GSS + START, False, b"NN", Security.PLAIN, START),
        (GSS + START + SYNC, True, b"N", Security.PLAIN, START + SYNC),
        (HELLO, True, b"", Security.DIRECT, HELLO),
        # Asked once more, it is what the server takes it for: an unknown version.
        (SSL + SSL, False, b"N", Security.PLAIN, SSL),
        (GSS + GSS, True, b"N", Security.PLAIN, GSS),
        # TLS that was not agreed on is no StartupMessage either.
        (GSS + HELLO, True, b"N", Security.PLAIN, HELLO),
        (b"GET / HTTP/1.1\r\n", True, b"", Security.PLAIN, b"GET / HTTP/1.1\r\n"),
    ],
)
def test_every_split_settles_the_same(
    said: bytes, tls: bool, answer: bytes, security: Security | None, rest: bytes
) -> None:
    settled = (answer, security, rest)
    assert negotiate(said, tls=tls) == settled
    assert negotiate(*(bytes([byte]) for byte in said), tls=tls) == settled
    for at in range(len(said) + 1):
        assert negotiate(said[:at], said[at:], tls=tls) == settled, at


@pytest.mark.parametrize("behind", [START, HELLO, b"\0", GSS])
def test_bytes_in_the_clear_behind_a_granted_request_are_refused(behind: bytes) -> None:
    """CVE-2021-23222: whoever is between could have put them there."""
    for ahead in (SSL, GSS + SSL):
        for at in range(len(SSL)):
            negotiation = Negotiation(offers_tls=True)
            negotiation.feed(ahead[:at])
            with pytest.raises(ClientProtocolError, match="in the clear behind its SSLRequest"):
                negotiation.feed(ahead[at:] + behind)


def test_a_handshake_where_no_tls_is_offered_is_said_to_be_one() -> None:
    negotiation = Negotiation(offers_tls=False)
    with pytest.raises(ClientProtocolError, match=r"the client opens with TLS .*sslmode=disable"):
        negotiation.feed(HELLO)
    assert negotiation.declined


def test_who_was_declined_and_went_on_did_not_insist() -> None:
    negotiation = Negotiation(offers_tls=False)
    assert not negotiation.declined
    negotiation.feed(SSL)
    assert negotiation.declined
    negotiation.feed(GSS)
    assert negotiation.declined
    negotiation.feed(START)
    assert not negotiation.declined


def test_gssapi_is_not_tls() -> None:
    negotiation = Negotiation(offers_tls=False)
    negotiation.feed(GSS)
    assert not negotiation.declined


@given(st.lists(st.binary(max_size=20), max_size=6), st.booleans())
def test_random_bytes_are_answered_or_passed_on(pieces: list[bytes], tls: bool) -> None:
    said = b"".join(pieces)
    try:
        answer, security, rest = negotiate(*pieces, tls=tls)
    except ClientProtocolError:
        assert said.startswith(b"\x16") or SSL in said
        return
    assert set(answer) <= set(b"NS")
    assert security is None or said.endswith(rest)
