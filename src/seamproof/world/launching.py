"""What is to be started, made from the configuration: command, folder, environment, files."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

from seamproof.config.models import Config, ProcessConfig
from seamproof.config.placeholders import render
from seamproof.core.errors import ConfigurationError
from seamproof.core.protocols import Address
from seamproof.world.environment import inherit, read_env_file
from seamproof.world.outbound import Outbound
from seamproof.world.processes import Launch


def filled(text: str, *, key: str) -> str:
    """A text whose only placeholders are environment variables."""
    return render(text, {f"env.{name}": value for name, value in os.environ.items()}, key=key)


def setup_statements(config: Config) -> str:
    """The statements of `database.setup_sql`: each a file, or the text itself. Raises
    ConfigurationError where a file cannot be read."""
    texts: list[str] = []
    for index, entry in enumerate(config.database.setup_sql):
        if not entry.endswith(".sql"):
            texts.append(entry)
            continue
        file = config.path(entry)
        try:
            texts.append(file.read_text())
        except (OSError, UnicodeDecodeError) as error:
            key = f"database.setup_sql[{index}]"
            raise ConfigurationError(f"{key}: {file} cannot be read: {error}") from None
    return ";\n".join(texts)


class Launcher:
    """Makes Launches. `folder` is this run's own: logs and rendered files go there.

    `outbound` is what commands meet when they call other services, and whoever has no ports of its
    own for that.
    """

    def __init__(
        self,
        config: Config,
        folder: Path,
        *,
        process_ports: Mapping[str, int],
        outbound: Outbound,
        authority: Path | None = None,
    ) -> None:
        self.config = config
        self.folder = folder
        self._authority = authority
        self.secrets: set[str] = set()
        """What no log that is kept may show."""
        variables: dict[str, str] = dict(os.environ)
        if config.service.env_file is not None:
            file = config.path(config.service.env_file)
            variables |= read_env_file(file, key="service.env_file")
        inherited = inherit(variables)
        self.dropped = inherited.dropped
        """Variables that no child inherits."""
        self._inherited = inherited.variables
        self._shared = {"python": sys.executable}
        self._shared |= {f"env.{name}": value for name, value in variables.items()}
        self._shared |= {f"processes.{n}.port": str(port) for n, port in process_ports.items()}
        self._outbound = outbound

    def replica(
        self, index: int, address: Address, port: int, outbound: Outbound | None = None
    ) -> Launch:
        """The service's replica of this index, its database at `address`."""
        name = f"replica-{index}"
        return self._launch(
            name,
            shown=f"replica {index} of the service",
            key="service.command",
            text=self.config.service.command,
            cwd=self.config.service.cwd,
            env=self.config.service.env,
            values=self._values(address, name, port, outbound),
            address=address,
            outbound=outbound,
        )

    def variables(self, address: Address, outbound: Outbound) -> dict[str, str]:
        """The variables of `service.env` for a service that somebody else starts, and those that
        lead its calls to its fakes."""
        values = self._values(address, "guest", 0, outbound)
        configured = {
            name: render(text, values, key=f"service.env.{name}")
            for name, text in self.config.service.env.items()
        }
        return {**outbound.environment, **configured}

    def command(self, name: str, key: str, text: str, address: Address | None) -> Launch:
        """One of the service's commands that run once: build, migrate, seed."""
        # Nobody listens: what only runs a command needs no port, but its env may name one.
        values = self._values(address, name, port=0)
        env = self.config.service.env if address is not None else {}
        return self._launch(
            name,
            shown=f"the command of {key}",
            key=key,
            text=text,
            cwd=self.config.service.cwd,
            env=env,
            values=values,
            address=address,
        )

    def companion(
        self,
        name: str,
        settings: ProcessConfig,
        port: int,
        address: Address,
        outbound: Outbound | None = None,
    ) -> tuple[Launch, Launch | None]:
        """One of the processes that the service also needs, and the command that makes it forget,
        where it has one."""
        values = self._values(address, f"process-{name}", port, outbound)

        def launch(log: str, shown: str, key: str, text: str) -> Launch:
            return self._launch(
                log,
                shown=shown,
                key=f"processes.{name}.{key}",
                text=text,
                cwd=settings.cwd,
                env=settings.env,
                values=values,
                address=address,
                outbound=outbound,
            )

        process = launch(f"process-{name}", f"the process {name}", "command", settings.command)
        if settings.flush is None:
            return process, None
        shown = f"the flush of the process {name}"
        return process, launch(f"flush-{name}", shown, "flush", settings.flush)

    def listening_port(self, name: str, settings: ProcessConfig, port: int) -> int | None:
        """The port that a companion is ready on. Raises ConfigurationError where it is none."""
        if settings.listens is None:
            return None
        key = f"processes.{name}.ready_port"
        text = render(settings.listens, self._shared | {"port": str(port)}, key=key)
        if not text.isdecimal() or not 0 < int(text) < 65536:
            raise ConfigurationError(f"{key} must be a port number, and is {text!r}")
        return int(text)

    def _launch(
        self,
        name: str,
        *,
        shown: str,
        key: str,
        text: str,
        cwd: str,
        env: Mapping[str, str],
        values: Mapping[str, str],
        address: Address | None,
        outbound: Outbound | None = None,
    ) -> Launch:
        secrets = (address.password,) if address is not None and address.password else ()
        self.secrets.update(secrets)
        section = key.rpartition(".")[0]
        section = section if section.startswith("processes.") else "service"
        configured = {
            variable: render(each, values, key=f"{section}.env.{variable}")
            for variable, each in env.items()
        }
        # What is given no database builds, and fetches packages as the user does.
        proxied = (outbound or self._outbound).environment if address is not None else {}
        return Launch(
            name=shown,
            key=key,
            command=tuple(render(word, values, key=key) for word in shlex.split(text)),
            cwd=self.config.path(cwd),
            environment={**self._inherited, **proxied, **configured},
            log=self.folder / f"{name}.log",
            secrets=secrets,
        )

    def _values(
        self, address: Address | None, name: str, port: int, outbound: Outbound | None = None
    ) -> dict[str, str]:
        if address is None:
            return dict(self._shared)
        known = self._shared | (outbound or self._outbound).placeholders
        values = known | {
            "port": str(port),
            "database.url": address.url(),
            "database.host": address.host,
            "database.port": str(address.port),
            "database.user": address.user,
            "database.password": address.password,
            "database.name": address.name,
        }
        if self._authority is not None:
            values["database.ca"] = str(self._authority)
        return values | self._render_files(self.folder / name, values)

    def _render_files(self, folder: Path, values: Mapping[str, str]) -> dict[str, str]:
        """Write the service's configuration files below a folder; returns their placeholders."""
        targets = {f"files.{name}": str(folder / name) for name in self.config.service.files}
        for name, template in self.config.service.files.items():
            key = f'service.files."{name}"'
            target = folder / name
            if Path(name).is_absolute() or ".." in Path(name).parts:
                raise ConfigurationError(
                    f"{key}: a rendered file lies in a folder of the run's own",
                    hint=f"give it a plain name, and pass {{files.{Path(name).name}}} on",
                )
            source = self.config.path(template)
            try:
                text = source.read_text()
            except (OSError, UnicodeDecodeError) as error:
                raise ConfigurationError(f"{key}: {source} cannot be read: {error}") from None
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            rendered = render(text, {**values, **targets}, key=key, lenient=True)
            target.touch(mode=0o600)
            target.write_text(rendered)
        return targets
