"""Takes away how kinto's tests clean up what is in PostgreSQL: that is seamproof's now."""

from kinto.core import testing

own = testing.BaseWebTest.tearDown


def tear_down(self):
    """Empty what is kept in memory alone."""
    if "postgresql" in type(self.storage).__module__:
        super(testing.BaseWebTest, self).tearDown()
    else:
        own(self)


testing.BaseWebTest.tearDown = tear_down
