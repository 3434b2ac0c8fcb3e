"""Where a JSON value is not what was expected."""

from __future__ import annotations

import pytest

from seamproof.testing import anything, instance, matching, partial, soft, unordered
from seamproof.testing.expectations import differences, failed, schemas
from seamproof.testing.expectations.problems import fields

ORDER = {"id": 7, "total": "59.97", "items": [{"sku": "a", "n": 1}, {"sku": "b", "n": 2}]}


@pytest.mark.parametrize(
    "expected",
    [
        ORDER,
        partial({"id": 7}),
        partial({"items": [{"sku": "a"}, {"sku": "b"}]}),
        {**ORDER, "id": instance(int), "total": matching(r"^\d+\.\d\d$")},
        {**ORDER, "items": unordered([partial({"sku": "b"}), partial({"sku": "a"})])},
        {**ORDER, "items": anything},
        {"$.items[1].sku": "b", "$.id": 7},
    ],
)
def test_these_fit(expected: object) -> None:
    assert list(differences(expected, ORDER)) == []


@pytest.mark.parametrize(
    ("expected", "line"),
    [
        ({**ORDER, "id": 8}, "$.id: expected 8, got 7"),
        ({"id": 7, "total": "59.97"}, "$.items: "),
        (partial({"state": "open"}), "$.state: expected 'open', and it is not there"),
        ({**ORDER, "id": instance(str)}, "$.id: 7 is no str"),
        (partial({"items": [{"sku": "a"}]}), "$.items: expected 1 items, got 2"),
        (partial({"items": unordered([partial({"sku": "a"})])}), "$.items[1]: "),
        ({"$.items[2].sku": "c"}, "$.items[2].sku: "),
        ([], "$: expected [], got "),
    ],
)
def test_these_do_not_and_the_place_is_told(expected: object, line: str) -> None:
    first = next(differences(expected, ORDER))
    assert first.startswith(line)


def test_a_truth_is_no_number() -> None:
    assert list(differences(1, True)) == ["$: expected 1, got True"]
    assert list(differences(instance(int), True))
    assert not list(differences(instance(bool), True))


def test_what_fits_several_is_placed_so_that_all_find_one() -> None:
    first_come = unordered([instance(int), 1])
    assert list(differences(first_come, [1, 2])) == []
    assert list(differences(unordered([1, 1]), [1, 2])) == [
        "$: 1 is not there",
        "$[1]: 2 was not expected",
    ]


def test_patterns_compare_by_equality_too() -> None:
    assert partial({"id": 7}) == ORDER
    assert {"id": instance(int), "at": anything} == {"id": 7, "at": "2026"}
    assert partial({"id": 8}) != ORDER


def test_a_schema() -> None:
    schema = {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}
    assert schemas.differences(schema, {"id": "7"}) == []
    assert schemas.differences(schema, ORDER) == ['$.id: 7 is not of type "string"']


@pytest.mark.parametrize(
    "body",
    [
        {"detail": [{"loc": ["body", "items", 0, "quantity"], "msg": "must be positive"}]},
        {"type": "about:blank", "errors": [{"pointer": "#/items/0/quantity", "detail": "x"}]},
        {"title": "Bad", "invalid-params": [{"name": "quantity", "reason": "x"}]},
        {"errors": {"quantity": ["must be positive"]}},
        {"errors": [{"source": {"pointer": "/data/attributes/quantity"}}]},
        {"quantity": ["must be positive"]},
        {"error": {"details": [{"path": ["items", 0, "quantity"]}]}},
        {"message": "no", "errors": [{"field": "quantity"}]},
    ],
)
def test_fields_that_errors_name(body: object) -> None:
    assert "quantity" in fields(body)


def test_an_error_that_names_nothing() -> None:
    assert fields({"detail": "there is not enough"}) == frozenset()


def test_soft_expectations_fail_together() -> None:
    def block() -> None:
        with soft():
            failed("one")
            failed("two")

    with pytest.raises(AssertionError, match=r"(?s)2 expectations failed:.*one.*two"):
        block()
    with pytest.raises(AssertionError, match="at once"):
        failed("at once")


def test_what_a_soft_block_raises_comes_first() -> None:
    def block() -> None:
        with soft():
            failed("one")
            raise KeyError

    with pytest.raises(KeyError):
        block()
