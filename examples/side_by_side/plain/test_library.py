"""The same suite with pytest, httpx and pytest-postgresql."""

from __future__ import annotations

ALICE = {"Authorization": "Bearer token-of-alice"}
BOB = {"Authorization": "Bearer token-of-bob"}
EMMA, ULYSSES = 1, 2


def one(database, query, *parameters):
    row = database.execute(query, parameters).fetchone()
    # Without this the next look would see the same as this one.
    database.commit()
    return row


def test_a_loan_takes_a_copy_and_tells_the_member(service, database, mailer) -> None:
    response = service.post("/loans", json={"book": EMMA, "days": 14}, headers=ALICE)
    assert response.status_code == 201
    assert one(database, "SELECT member, book FROM loans") == (1, EMMA)
    assert one(database, "SELECT copies FROM books WHERE id = %s", EMMA) == (1,)
    assert mailer.calls == [{"to": "alice", "text": "Emma is yours for 14 days"}]


def test_the_last_copy_is_lent_once(service, database) -> None:
    wanted = {"book": ULYSSES, "days": 7}
    assert service.post("/loans", json=wanted, headers=ALICE).status_code == 201
    assert service.post("/loans", json=wanted, headers=BOB).status_code == 409
    assert one(database, "SELECT count(*) FROM loans") == (1,)
    assert one(database, "SELECT copies FROM books WHERE id = %s", ULYSSES) == (0,)


def test_bad_input_is_refused_before_anything_is_written(service, database, mailer) -> None:
    response = service.post("/loans", json={"book": EMMA, "days": 0}, headers=ALICE)
    assert response.status_code == 422
    assert "days" in response.text
    assert one(database, "SELECT count(*) FROM loans") == (0,)
    assert one(database, "SELECT copies FROM books WHERE id = %s", EMMA) == (2,)
    assert mailer.calls == []


def test_only_the_borrower_may_give_a_book_back(service, database) -> None:
    loan = service.post("/loans", json={"book": EMMA, "days": 14}, headers=ALICE).json()
    path = f"/loans/{loan['id']}/return"
    assert service.post(path, headers=BOB).status_code == 404
    assert service.post(path).status_code == 401
    assert one(database, "SELECT returned FROM loans") == (False,)
    assert service.post(path, headers=ALICE).status_code == 204
    assert one(database, "SELECT copies FROM books WHERE id = %s", EMMA) == (2,)


def test_a_loan_stands_although_nobody_can_be_told(service, database, mailer) -> None:
    mailer.status = 503
    response = service.post("/loans", json={"book": EMMA, "days": 14}, headers=ALICE)
    assert response.status_code == 201
    assert one(database, "SELECT count(*) FROM loans") == (1,)


def test_a_list_has_every_loan(service, database) -> None:
    # How many statements that takes is not seen from here.
    for _ in range(2):
        service.post("/loans", json={"book": EMMA, "days": 14}, headers=ALICE)
    assert len(service.get("/loans", headers=ALICE).json()) == 2
