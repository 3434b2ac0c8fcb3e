"""The fakes of other services, from a test.

    stubs.payments.on("POST /charges").reply(201, json={"status": "succeeded"})
    stubs.payments.on("POST /charges", json={"amount": 0}).error(402)
    assert stubs.payments.calls("POST /charges").once.json["amount"] == 5997

- `fakes`    what a test uses: a fake by its name
- `rule`     what is answered to which calls: answers in turn, and faults
- `rules`    all rules of one fake, the latest first; the configuration's replies are below them
- `matcher`  which calls are meant: method, path, query, headers, JSON
- `asked`    a call as a test reads it
- `calls`    the calls that the service made, to assert on
"""

from seamproof.testing.stubs.asked import Asked

__all__ = ["Asked"]
