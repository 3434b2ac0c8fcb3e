"""What `authentication` can find, for people."""

from __future__ import annotations

from seamproof.core.experiment import BoundaryKind, Credential
from seamproof.core.verdict import FindingClass

_API2 = "https://owasp.org/API-Security/editions/2023/en/0xa2-broken-authentication/"
_JWT_BCP = "https://www.rfc-editor.org/rfc/rfc8725"
_LET_IN = (
    "{owner}'s request was sent with a credential that is {kind}: it was answered {answer}, and "
    "crossed the same statements as with the right one."
)


def _of_credential(
    name: str, what: str, why: str, fix: str, example: str, *, cwe: tuple[int, ...]
) -> FindingClass:
    return FindingClass(
        name=name,
        title=f"{{operation}} lets in who shows {what}",
        consequence=_LET_IN,
        why=why,
        fix=fix,
        example=example,
        boundary=BoundaryKind.HTTP_IN,
        broken="authentication",
        cwe=cwe,
        owasp=("API2:2023",),
        references=(_API2, _JWT_BCP),
    )


UNSIGNED_TOKEN = _of_credential(
    "unsigned-token",
    "a token without a signature",
    "The algorithm is taken from the token, and the token says `none`. Anybody writes such tokens, "
    "for any user.",
    "Name the algorithms that are accepted where tokens are verified (RFC 8725, section 3.1), and "
    "never take the name from the token.",
    """
        1  alice's token is eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.<signature>.
        2  Somebody writes {"alg": "none"} and {"sub": "1"}, and no signature.
        3  The service answers as it does to alice.
    """,
    cwe=(347,),
)
TAMPERED_TOKEN = _of_credential(
    "tampered-token",
    "a credential that was changed",
    "The token is decoded and not verified, or only a part of it is compared. Whoever can write "
    "one can be anybody.",
    "Verify the signature before anything of the token is read; compare whole values.",
    """
        1  alice's token says {"sub": "1"} and is signed.
        2  Somebody writes {"sub": "2"} into it, and leaves the signature.
        3  The service answers as it does to user 2.
    """,
    cwe=(345, 347),
)
FOREIGN_KEY_TOKEN = _of_credential(
    "foreign-key-token",
    "a token that is signed with a key that is not the service's",
    "The signature is not compared, or the key is taken from the token (`jwk`, `kid`).",
    "Verify with the service's own key, found by an id that is looked up in a list of its own.",
    """
        1  Somebody signs {"sub": "1"} with a key of their own.
        2  The service answers as it does to alice.
    """,
    cwe=(347,),
)
WEAK_KEY_TOKEN = _of_credential(
    "weak-key",
    "a token that anybody can sign: its key is a common word",
    "The key of a tutorial or a template went into production. It is guessed offline from any one "
    "token, and then tokens are written for any user.",
    "Make a random key of 256 bits (RFC 7518, section 3.2), and keep it out of the code.",
    """
        1  alice's token is signed with the key `secret`.
        2  Somebody tries a list of words on her token, and finds that.
        3  They sign a token for any user.
    """,
    cwe=(326, 798),
)
PUBLIC_KEY_TOKEN = _of_credential(
    "public-key-token",
    "a token that is signed with the service's public key",
    "The token says which algorithm it is verified by. With `HS256` in the place of `RS256` the "
    "public key is taken for a secret, and everybody may know it.",
    "Name the algorithm that belongs to each key where tokens are verified (RFC 8725, sections 2.1 "
    "and 3.1), and never take its name from the token.",
    """
        1  alice's token says {"alg": "RS256"}; the public key is on /.well-known/jwks.json.
        2  Somebody writes {"alg": "HS256"}, and signs by HMAC with the public key's text.
        3  The service verifies by HMAC with the same text, and answers as it does to alice.
    """,
    cwe=(327, 347),
)
BROUGHT_KEY_TOKEN = _of_credential(
    "brought-key-token",
    "a token that brings its own key along",
    "The token's header may hold a key (`jwk`), and the signature is verified with that: whoever "
    "writes a token chooses what it is verified by.",
    "Verify with keys of a list of the service's own, and ignore `jwk`, `jku` and `x5c` (RFC 8725, "
    "section 3.10).",
    """
        1  Somebody makes a key, and writes its public half into the header as `jwk`.
        2  They sign {"sub": "1"} with its private half.
        3  The signature is right. The service answers as it does to user 1.
    """,
    cwe=(347,),
)
NAMED_KEY_TOKEN = _of_credential(
    "named-key-token",
    "a token that names an empty file as its key",
    "The key is looked up by what the token says (`kid`), as the name of a file: whoever writes a "
    "token chooses the key, and one that is empty is known to everybody.",
    "Look the key up in a list of known ones, and refuse a `kid` that is not in it (RFC 8725, "
    "section 3.10).",
    """
        1  The header says {"alg": "HS256", "kid": "../../dev/null"}.
        2  The service reads that file. It is empty, and so is the key.
        3  The signature is that of an empty key. The service answers as it does to the user.
    """,
    cwe=(22, 347),
)
EXPIRED_TOKEN = _of_credential(
    "expired-token",
    "a token that has expired",
    "The signature is verified, and `exp` is not looked at: a token that was stolen once is good "
    "for ever.",
    "Refuse a token whose `exp` is past (RFC 7519, section 4.1.4), and one that has none.",
    """
        1  A token says that it expired an hour ago. Its signature is right.
        2  The service answers as it does to a fresh one.
    """,
    cwe=(613,),
)
OTHER_AUDIENCE_TOKEN = _of_credential(
    "other-audience-token",
    "a token that was issued for another service",
    "The signature is that of an issuer whom several services trust, and `aud` is not looked at: "
    "whoever runs one of those services can act here with the tokens that it is shown.",
    "Refuse a token whose `aud` does not name this service (RFC 7519, section 4.1.3).",
    """
        1  alice shows the newsletter her token, with "aud": "newsletter".
        2  The newsletter sends it to the bank. The bank answers as it does to alice.
    """,
    cwe=(287,),
)
MALFORMED_CREDENTIAL = _of_credential(
    "malformed-credential",
    "something that is no credential at all",
    "It is asked whether a credential is there, and not what it says: any text in its place lets "
    "in as the user of before, or as a default one.",
    "Refuse what cannot be verified, as if there were none.",
    """
        1  Authorization: Bearer not-a-credential
        2  The service answers 200.
    """,
    cwe=(287,),
)

ENDED_SESSION = FindingClass(
    name="ended-session",
    title="{operation} lets in whose session was ended",
    consequence=(
        "{owner} logged out by {logout}; the same credential was answered {answer} afterwards, and "
        "crossed the same statements as before."
    ),
    why=(
        "Logging out deletes the client's copy, and the service goes on believing the credential. "
        "Whoever has another copy of it stays in."
    ),
    fix=(
        "End the session where it is kept; for tokens that are not kept, keep the ids of those "
        "that were logged out until they expire."
    ),
    example="""
        1  alice logs out: 204.
        2  Her old token reads her profile: 200.
    """,
    boundary=BoundaryKind.HTTP_IN,
    broken="authentication",
    cwe=(613,),
    owasp=("API2:2023",),
    references=(_API2,),
)
EXPIRED_SESSION = FindingClass(
    name="expired-session",
    title="{operation} lets in whose session has expired",
    consequence=(
        "{column} of {owner}'s session was set to a time that is past; the request was answered "
        "{answer}, and crossed the same statements as before. With the row deleted it is refused."
    ),
    why=(
        "The row says when the session ends, and it is looked up by its key alone. A session that "
        "was stolen once is good until somebody cleans up."
    ),
    fix="Ask for it where it is looked up: `WHERE token = $1 AND expires_at > now()`.",
    example="""
        1  alice's session: expires_at is 10:00. It is 10:01.
        2  SELECT user_id FROM sessions WHERE token = $1. The service answers 200.
    """,
    broken="authentication",
    cwe=(613,),
    owasp=("API2:2023",),
    references=(_API2,),
)
TOKEN_USED_TWICE = FindingClass(
    name="token-used-twice",
    title="{operation} takes the same one-time token again",
    consequence=(
        "The request was sent twice with one token, and was answered {answer} the second time: "
        "`{statement}` wrote again."
    ),
    why=(
        "A token from a mail is read by whoever reads the mailbox, the history or the log later. "
        "One that was used must be worth nothing."
    ),
    fix="Delete the token in the transaction that uses it, and refuse where no row was deleted.",
    example="""
        1  POST /password/reset {"token": "t", "password": "new"}: 204.
        2  The same token with another password: 204. The account belongs to who sent that.
    """,
    broken="authentication",
    cwe=(640, 294),
    owasp=("API2:2023",),
    references=(_API2,),
)
PASSWORD_STORED = FindingClass(
    name="password-stored",
    title="{operation} stores a password as it came",
    consequence="The text that was sent as `{field}` stands in {column}, as it was typed.",
    why=(
        "Whoever reads the table, a backup or the log of statements has the passwords, and those "
        "are used elsewhere as well."
    ),
    fix="Store a salted, slow hash: Argon2id, scrypt or bcrypt. Log no body that has a password.",
    example="""
        1  POST /users {"name": "ann", "password": "correct horse"}
        2  INSERT INTO users (name, password) VALUES ('ann', 'correct horse')
    """,
    broken="authentication",
    cwe=(256, 312),
    owasp=("API2:2023",),
    references=(
        _API2,
        "https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html",
    ),
)
TOKEN_STORED = FindingClass(
    name="token-stored",
    title="{operation} stores a token as it is handed out",
    consequence="What the answer has in `{field}` stands in {column} as it is.",
    why=(
        "Who reads the table may act as everybody who is signed in. Tokens are random, so a plain "
        "hash is enough."
    ),
    fix="Store SHA-256 of the token, and look the hash up.",
    example="""
        1  POST /login answers {"token": "t-1"}
        2  INSERT INTO sessions (token, user_id) VALUES ('t-1', 1)
    """,
    broken="authentication",
    cwe=(312,),
    owasp=("API2:2023",),
    references=(_API2,),
)
SECRET_PASSED_ON = FindingClass(
    name="secret-passed-on",
    title="{operation} passes a password on to another service",
    consequence="The text that was sent as `{field}` is in {column}.",
    why=(
        "The other service, and whatever logs calls on the way, learns the password. That is right "
        "only where it is the one that verifies it."
    ),
    fix="Pass on who the user is, as a token of the service's own.",
    example="""
        1  POST /users {"name": "ann", "password": "correct horse"}
        2  POST https://crm/contacts {"name": "ann", "password": "correct horse"}
    """,
    boundary=BoundaryKind.HTTP_OUT,
    broken="authentication",
    cwe=(201, 522),
    owasp=("API2:2023",),
    references=(_API2,),
)

OF_CREDENTIAL = {
    Credential.MALFORMED: MALFORMED_CREDENTIAL,
    Credential.TAMPERED: TAMPERED_TOKEN,
    Credential.UNSIGNED: UNSIGNED_TOKEN,
    Credential.WRONG_KEY: FOREIGN_KEY_TOKEN,
    Credential.WEAK_KEY: WEAK_KEY_TOKEN,
    Credential.PUBLIC_KEY: PUBLIC_KEY_TOKEN,
    Credential.BROUGHT_KEY: BROUGHT_KEY_TOKEN,
    Credential.NAMED_KEY: NAMED_KEY_TOKEN,
    Credential.EXPIRED: EXPIRED_TOKEN,
    Credential.OTHER_AUDIENCE: OTHER_AUDIENCE_TOKEN,
    Credential.REUSED: ENDED_SESSION,
}
"""The class of each thing that may be wrong with a credential."""

CLASSES = (
    UNSIGNED_TOKEN,
    TAMPERED_TOKEN,
    FOREIGN_KEY_TOKEN,
    WEAK_KEY_TOKEN,
    PUBLIC_KEY_TOKEN,
    BROUGHT_KEY_TOKEN,
    NAMED_KEY_TOKEN,
    EXPIRED_TOKEN,
    OTHER_AUDIENCE_TOKEN,
    MALFORMED_CREDENTIAL,
    ENDED_SESSION,
    EXPIRED_SESSION,
    TOKEN_USED_TWICE,
    PASSWORD_STORED,
    TOKEN_STORED,
    SECRET_PASSED_ON,
)
