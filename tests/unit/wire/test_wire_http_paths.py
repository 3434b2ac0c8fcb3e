from __future__ import annotations

import pytest

from seamproof.wire.http.paths import PathTemplate, query_names, split, without_ids


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/charges", "/charges"),
        ("/charges/17/refunds/0", "/charges/{}/refunds/{}"),
        ("/v1/payment_methods", "/v1/payment_methods"),
        ("/v1/customers/cus_9s6XKzkNRiz8i3", "/v1/customers/{}"),
        ("/v1/prices/price_1MoBy5LkdIwHu7ixZhnattbh", "/v1/prices/{}"),
        ("/a/6F9619FF-8B86-D011-B42D-00CF4FC964FF", "/a/{}"),
        ("/a/01ARZ3NDEKTSV4RRFFQ69G5FAV", "/a/{}"),
        ("/o/507f1f77bcf86cd799439011", "/o/{}"),
        ("/o/order-17", "/o/{}"),
        ("/facade/decade/accessed", "/facade/decade/accessed"),
        ("/api/v2/oauth2/token", "/api/v2/oauth2/token"),
        ("/%31%37", "/{}"),
        ("/", "/"),
    ],
)
def test_segments_that_look_like_ids_are_left_out(path: str, form: str) -> None:
    assert without_ids(path) == form


def test_names_of_a_query_are_sorted_and_each_once() -> None:
    assert query_names("b=2&a=1&b=3&c") == "?a&b&c"
    assert query_names("") == ""
    assert split("/a?b=c#d") == ("/a", "b=c")


def test_a_template_gives_its_parameters_decoded() -> None:
    template = PathTemplate("/v1/{kind}/{id}.json")
    assert template.names == ("kind", "id")
    assert template.match("/v1/a%2Fb/7.json") == {"kind": "a/b", "id": "7"}
    for other in ("/v1/a/7", "/v1/a/b/7.json", "/v1//7.json", "/v1/a/7xjson", "/v2/a/7.json"):
        assert template.match(other) is None
