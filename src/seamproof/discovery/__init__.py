"""Where operations and scenarios come from: one source a file.

- `document`    the service's own OpenAPI document: which operations it has, and which is near
- `scenarios`   readable YAML files, written by hand or stored by an earlier run
- `importers`   recorded traffic and collections of other tools, to such files
"""
