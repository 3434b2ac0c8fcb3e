"""One suite for the four services.

    pytest -o seamproof=fastapi.toml with_seamproof

It does not know what they are written in.
"""

from __future__ import annotations

from seamproof.testing import inserted, updated

EMMA, ULYSSES = 1, 2


def test_a_loan_takes_a_copy_and_tells_the_member(api, db, stubs) -> None:
    with db.changes() as changed:
        api.as_("alice").post("/loans", json={"book": EMMA, "days": 14}).expect(201)
    assert changed == {"loans": inserted(member=1, book=EMMA), "books": updated(copies=(2, 1))}
    told = stubs.mailer.calls("POST /messages").once.json
    assert told == {"to": "alice", "text": "Emma is yours for 14 days"}


def test_the_last_copy_is_lent_once(api, db) -> None:
    api.as_("alice").post("/loans", json={"book": ULYSSES, "days": 7}).expect(201)
    with db.unchanged():
        api.as_("bob").post("/loans", json={"book": ULYSSES, "days": 7}).expect(409)


def test_bad_input_is_refused_before_anything_is_written(api, db, stubs) -> None:
    with db.unchanged():
        wanted = {"book": EMMA, "days": 0}
        api.as_("alice").post("/loans", json=wanted).expect_problem(422, field="days")
    assert stubs.mailer.calls("POST /messages").none


def test_only_the_borrower_may_give_a_book_back(api, db) -> None:
    loan = api.as_("alice").post("/loans", json={"book": EMMA, "days": 14}).expect(201)
    with db.unchanged():
        api.as_("bob").post(f"/loans/{loan['id']}/return").expect(404)
        api.post(f"/loans/{loan['id']}/return").expect(401)
    api.as_("alice").post(f"/loans/{loan['id']}/return").expect(204)
    assert db.one("SELECT copies FROM books WHERE id = %s", EMMA) == {"copies": 2}


def test_a_loan_stands_although_nobody_can_be_told(api, db, stubs) -> None:
    stubs.mailer.on("POST /messages").error(503)
    with db.changes() as changed:
        api.as_("alice").post("/loans", json={"book": EMMA, "days": 14}).expect(201)
    assert changed == {"loans": inserted(1), "books": updated(1)}


def test_a_list_takes_two_statements_however_long_it_is(api) -> None:
    for _ in range(2):
        api.as_("alice").post("/loans", json={"book": EMMA, "days": 14}).expect(201)
    assert len(api.as_("alice").get("/loans").expect(200)) == 2
    assert api.statements <= 2
