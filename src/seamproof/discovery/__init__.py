"""Where operations and scenarios come from: one source a file.

- `openapi`     the service's own OpenAPI document: what it declares of each operation
- `routes`      a service without a document is asked for its routes by its own code
- `scenarios`   readable YAML files, written by hand or stored by an earlier run
- `writing`     the same YAML, written; `filing` has it go to files, `rewriting` changes those
- `snapshot`    what the document declared of their operations when they were stored
- `importers`   recorded traffic and collections of other tools, to such files
- `guessing`    a first configuration, guessed from a project's files
"""
