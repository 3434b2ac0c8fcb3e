"""A stored finding as a test of the project's own, or as a script of curl.

    finding -> the scenario that it is of -> the folder and style of the project's tests -> a file

- `promoting`  the one way in: what is written where
- `origin`     the finding, and the steps that lead to it
- `style`      where the project's tests are, and what they look like
- `seeing`     what was found, in words
- `testing`    the test
- `steps`      requests as Python and in words
- `layout`     Python's literals and calls in lines of a hundred characters
- `curl`       the script
"""
