"""Where operations and scenarios come from: one source a file.

- `openapi`     the service's own OpenAPI document: what it declares of each operation
- `scenarios`   readable YAML files, written by hand or stored by an earlier run
- `importers`   recorded traffic and collections of other tools, to such files
- `guessing`    a first configuration, guessed from a project's files
"""
