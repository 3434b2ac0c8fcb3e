from __future__ import annotations

import pytest

from seamproof.core.secrecy import password, sensitive


@pytest.mark.parametrize(
    "name",
    [
        *("password", "passwd", "newPassword", "pwd", "client_secret", "passphrase", "PIN", "cvv"),
        *("access_token", "X-API-Key", "apiKey", "Set-Cookie", "Authorization", "privateKey"),
        *("X-Signature", "csrfmiddlewaretoken", "jwt", '{"otp": "1234"}'),
    ],
)
def test_names_of_secrets(name: str) -> None:
    assert sensitive(name)


@pytest.mark.parametrize("name", ["pinned", "pin_count", "spin", "optional", "author", "compass"])
def test_names_that_only_look_so(name: str) -> None:
    assert not sensitive(name)


def test_a_token_is_handed_out_and_not_typed_in() -> None:
    assert password("user_password")
    assert password("pin")
    assert not password("access_token")
    assert not password("cookie")
