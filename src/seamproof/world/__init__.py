"""One running copy of the system: its database, its replicas, their boundaries, what else it needs.

- `opening`      `open_world`: everything in order, and undone on any way out
- `world`        World, once everything has come up: what died is started again
- `replicas`     Replica and Companion: a process with the boundaries that it reaches others by;
                 Guest: one that somebody else has started
- `schema`       how the template database comes to be: commands, files, or the service itself
- `commands`     what a command prints that runs where the service does
- `inputs`       what that depends on, as one key
- `launching`    a Launch from the configuration: command, folder, environment, rendered files
- `outbound`     what the processes meet when they call other services: fakes, and else a refusal
- `cautions`     what a person should know before a first start
- `environment`  what a child inherits, and what it must not
- `processes`    Process: one child with its whole family, its log, its end
- `pulse`        whether processes do anything, as the kernel tells it
- `ports`        free ports, and who holds one that is not
- `readiness`    waits until a process is ready
- `probe`        a harmless request, to ask whether the service answers
- `diagnosis`    why a process did not come up
- `outages`      what went wrong outside: the disk is full, the database server ended
- `guard`        the service must use the database that was made for it, and no other
- `sockets`      whom a process family is connected to
- `tcpsockets`   those by TCP
- `unixsockets`  those that have a path
- `descriptors`  which of the kernel's sockets a process holds
- `sockdiag`     what the kernel tells of sockets
- `intents`      what this run is about to create, written down first
- `reaper`       ends what a killed run left behind, and nothing else
"""

from seamproof.world.opening import open_world
from seamproof.world.replicas import Companion, Guest, Replica
from seamproof.world.world import World

__all__ = ["Companion", "Guest", "Replica", "World", "open_world"]
