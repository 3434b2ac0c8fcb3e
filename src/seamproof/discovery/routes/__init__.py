"""Route tables: what a service without a document says of itself when its own code is asked.

    the start command -> start -> frameworks that may be meant -> asking -> a process -> a document

- `start`      the command taken apart: interpreter, application
- `framework`  what a framework must offer; each is a part of the kind `framework`
- `flask`, `django`, `fastapi`, `express`   the frameworks, one a file
- `asking`     the command that asks
- `probes`     what is run in the service's environment: files of no package of ours

A probe writes an OpenAPI document, which is read as hostile as any other. Adding a framework is
adding its file and its probe.
"""

HIDDEN = "hidden from the document"
"""The tag of a route that the code itself leaves out of documents."""
