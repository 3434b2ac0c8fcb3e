"""What brings the database back after a test.

- `ways`      the strategies by name: undo, clone, truncate, transaction, unique
- `costs`     what each reset took, for the summary
- `truncate`  every table emptied and filled again
- `transaction`  one round the test, on a session that all share
"""
