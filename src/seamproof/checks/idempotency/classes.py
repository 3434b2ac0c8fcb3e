"""What `idempotency` can find, for people."""

from __future__ import annotations

from seamproof.core.verdict import FindingClass

_DRAFT = "https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/"
_RFC = "https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2"
_BROKEN = "retry"

DUPLICATE_EFFECT = FindingClass(
    name="duplicate-effect",
    title="{operation} takes effect again when it is sent again",
    consequence=(
        "{how}: the identical request was answered {retry}, and {more}. A client that lost the "
        "first answer has to send it again, and cannot know."
    ),
    why=(
        "Answers get lost: a proxy times out, a phone changes networks, a pod is replaced. Every "
        "HTTP client retries PUT and DELETE by itself (RFC 9110, section 9.2.2), and a POST with a "
        "key promises the same. The key is not looked up, is stored after the effect and not with "
        "it, or two requests with one key may look at the same time."
    ),
    fix=(
        "Store the key in the transaction of the effect, under a UNIQUE constraint, before "
        "anything else; on a conflict answer what is stored, or 409 while it is in progress."
    ),
    example="""
        1  The client sends POST /payments {"amount": 5} with Idempotency-Key: k1.
        2  The service inserts the payment and commits.
        3  The process is killed before it stores k1; the client sees its connection close.
        4  The client sends the same request again, with k1.
        5  The service does not know k1, inserts a second payment and answers 201.

        Two payments of 5 are stored. One was asked for.
    """,
    broken=_BROKEN,
    cwe=(837, 841),
    owasp=("API6:2023",),
    references=(_RFC, _DRAFT),
)

DUPLICATE_WITHOUT_KEY = FindingClass(
    name="duplicate-without-key",
    title="{operation} has a second effect when it is sent again",
    consequence=(
        "The identical request was answered {retry}, and {more}. POST promises no more, and no key "
        "was sent; clients that retry make duplicates."
    ),
    why=(
        "Answers get lost: a client that waits in vain cannot tell whether its request was carried "
        "out, and either gives up or sends it again. Then there are two."
    ),
    fix=(
        "Accept an Idempotency-Key, or let the client choose the identifier (PUT). Where one "
        "effect is meant already, say so: service.retry_safe."
    ),
    example="""
        1  The client sends POST /orders {"product": 1}.
        2  The service stores the order and answers 201; the answer is lost on the way.
        3  The client cannot tell whether it was stored, and sends the same request again.
        4  The service answers 201.

        Two orders are stored.
    """,
    broken=_BROKEN,
    cwe=(837,),
    references=(_RFC, _DRAFT),
)

KEY_BLOCKS_RETRY = FindingClass(
    name="key-blocks-retry",
    title="{operation} refuses the retry of a request that never took effect",
    consequence=(
        "{how}: the effect is not there, and the identical request is answered {retry}. The client "
        "can neither finish nor know."
    ),
    why=(
        "The key is stored in a transaction of its own, before the effect, and nothing takes it "
        "away when the effect does not come."
    ),
    fix="Store the key and the effect in one transaction, or let a key in progress expire.",
    example="""
        1  The client sends POST /payments {"amount": 5} with Idempotency-Key: k1.
        2  The service stores k1 as "in progress" and commits.
        3  The process is killed before the payment is stored.
        4  The client sends the same request again, with k1.
        5  The service finds k1 and answers 409: in progress. So it does to every retry.

        No payment is stored, and none can be with this key.
    """,
    broken=_BROKEN,
    cwe=(460, 841),
    references=(_DRAFT,),
)

EMPTY_REPLAY = FindingClass(
    name="empty-replay",
    title="{operation} answers a retry with success although nothing is stored",
    consequence=(
        "{how}: the identical request was answered {retry}, and no row of the effect is there. "
        "The client believes that its request was carried out."
    ),
    why=(
        "The answer is stored under the key before the effect is certain, and replayed although "
        "its transaction rolled back."
    ),
    fix="Store the answer in the transaction of the effect.",
    example="""
        1  The client sends POST /payments {"amount": 5} with Idempotency-Key: k1.
        2  The service stores k1 with the answer 201 in a transaction of its own.
        3  The transaction of the payment rolls back.
        4  The client sends the same request again, with k1.
        5  The service answers 201, as it is stored.

        The client was told of a payment that is not there.
    """,
    broken=_BROKEN,
    cwe=(841, 393),
    references=(_DRAFT,),
)

ENDED_BY_RETRY = FindingClass(
    name="ended-by-retry",
    title="{operation} sent again ends the service",
    consequence="{how}: the identical request was told {retry}, and the process ended: {death}.",
    why=(
        "What the first request has done is there, or what it removed is gone, and that error "
        "arises where nobody handles it, as in a promise that is not awaited. The runtime ends the "
        "process: all other requests that it was serving fail with it. Any client that retries, "
        "and any person who presses a button twice, does that."
    ),
    fix=(
        "Await all that the request begins, and handle its errors where the request is handled: "
        "answer what was answered before, or 404 or 409."
    ),
    example="""
        1  DELETE /drafts/1 answers 204.
        2  The same again. The draft is not there, and the code that tells the log of it, behind
           the answer, reads the title of nothing.
        3  Nobody catches that error. The process ends.
    """,
    broken=_BROKEN,
    cwe=(248, 755),
    references=(_RFC,),
)

KEY_WITHOUT_FINGERPRINT = FindingClass(
    name="key-without-fingerprint",
    title="{operation} replays an answer to a request with another body",
    consequence=(
        "A second request with the same key and another body was answered {retry} with the first "
        "one's answer; what it asked for was dropped silently."
    ),
    why=(
        "Only the key is compared. A client that reuses a key by mistake is told success for "
        "something that was not done."
    ),
    fix="Store a hash of the request with the key, and answer 422 where it differs.",
    example="""
        1  The client sends POST /payments {"amount": 5} with Idempotency-Key: k1: 201, payment 1.
        2  By mistake it uses k1 for another: POST /payments {"amount": 900}.
        3  The service finds k1 and answers 201, payment 1.

        The payment of 900 was never made, and the client was told success. Right is 422.
    """,
    broken=_BROKEN,
    cwe=(841, 694),
    references=(_DRAFT,),
)

KEY_NOT_SCOPED = FindingClass(
    name="key-not-scoped",
    title="{operation} gives one user's answer to another who sends the same key",
    consequence=(
        "{other} sent the key that {owner} had used, was answered {retry} with the answer to "
        "{owner}'s request, and nothing was done for {other}."
    ),
    why=(
        "The key is looked up without the identity that it belongs to. Keys are guessed, logged "
        "and derived from order numbers: whoever has one reads what its owner was told."
    ),
    fix="Make the identity a part of the key's UNIQUE constraint and of its look-up.",
    example="""
        1  Alice sends POST /payments {"amount": 5} with Idempotency-Key: order-17: 201, payment 1.
        2  Bob sends POST /payments {"amount": 5} with the same key, for an order 17 of his own.
        3  The service finds the key and answers Bob 201, payment 1.

        Bob has read what Alice was told, and his own payment was never made.
    """,
    broken="authorization",
    cwe=(639, 841),
    owasp=("API1:2023",),
    references=(_DRAFT,),
)

WRONG_KEY_STATUS = FindingClass(
    name="wrong-key-status",
    title="{operation} does not answer a misused key as the draft recommends",
    consequence="{how}: answered {retry}, where {recommended} is recommended.",
    why=(
        "Clients tell a conflict that they can wait out (409) from a mistake of their own (422, "
        "400) by the status alone. The codes are SHOULD in the draft."
    ),
    fix="Answer 409 while the first request is in progress, 422 to another body, 400 to no key.",
    example="""
        1  The client sends POST /payments {"amount": 5} with Idempotency-Key: k1: 201.
        2  By mistake it uses k1 for POST /payments {"amount": 900}.
        3  The service answers 409.

        A client that follows the draft waits and sends it again, for 409 says "in progress". To 422
        it would stop, and tell that the key was misused.
    """,
    broken=_BROKEN,
    cwe=(393,),
    references=(_DRAFT,),
)

CLASSES = (
    DUPLICATE_EFFECT,
    DUPLICATE_WITHOUT_KEY,
    KEY_BLOCKS_RETRY,
    EMPTY_REPLAY,
    ENDED_BY_RETRY,
    KEY_WITHOUT_FINGERPRINT,
    KEY_NOT_SCOPED,
    WRONG_KEY_STATUS,
)
