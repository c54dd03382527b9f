"""Private servers for one test run: own ports, own data in a temporary folder, nothing of the machine touched.

`stop` is the crash of a server: no goodbye to clients, and what was promised as stored is there after another
`start`, which uses the same ports. So the same class serves shared servers and tests of what a restart does.
"""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
from pathlib import Path
from urllib.parse import quote, urlsplit

import requests

from tests import programs
from tests.harness import Process, free_port, leashed, listening


class PostgreSQL:
    """A PostgreSQL server. `folder` must be open to all users, because root cannot run one itself."""

    def __init__(self, folder: Path) -> None:
        self._bin = programs.postgresql()
        self._data = folder / "postgresql"
        self._user = _unprivileged_user()
        self._password = secrets.token_hex(16)
        self._port = free_port()
        self.url = f"postgresql+psycopg2://postgres:{self._password}@127.0.0.1:{self._port}/postgres"
        settings = {
            "port": self._port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": 200,
            "fsync": "off",  # the data need not survive the machine, only the server
            "full_page_writes": "off",
        }
        self._process = Process(
            [
                self._bin / "postgres",
                "-D",
                self._data,
                *(f"--{name}={value}" for name, value in settings.items()),
            ],
            env={},
            log=folder / "postgresql.log",
            ready=self._answers,
            user=self._user,
        )

    def start(self) -> None:
        if not self._data.exists():
            self._initialise()
        self._process.start()

    def stop(self) -> None:
        if self._process.running:
            self._process.stop(how=signal.SIGQUIT)

    def _initialise(self) -> None:
        password_file = self._data.with_suffix(".password")
        password_file.write_text(self._password)
        password_file.chmod(0o600)
        self._data.mkdir(0o700)
        if self._user:
            shutil.chown(self._data, self._user)
            shutil.chown(password_file, self._user)
        command: list[str | Path] = [
            self._bin / "initdb",
            "-D",
            self._data,
            "--username=postgres",
            f"--pwfile={password_file}",
        ]
        command += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        done = subprocess.run(leashed(command, self._user), capture_output=True, text=True, cwd="/")
        password_file.unlink()
        assert done.returncode == 0, f"initdb failed:\n{done.stderr}"

    def _answers(self) -> bool:
        isready = self._bin / "pg_isready"
        return subprocess.run([isready, "-q", "-h", "127.0.0.1", "-p", str(self._port)]).returncode == 0


class RabbitMQ:
    """A RabbitMQ broker with its management API, and with an Erlang port mapper of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "rabbitmq"
        port, api_port, node_port, mapper_port = (free_port() for _ in range(4))
        self._port, self._api_port = port, api_port
        self.uri = f"pyamqp://guest:guest@127.0.0.1:{port}/"
        self.api = f"http://guest:guest@127.0.0.1:{api_port}/api"
        env = self._environment(node_port, mapper_port)
        log = folder / "rabbitmq.log"
        self._mapper = Process(
            ["epmd", "-port", str(mapper_port), "-address", "127.0.0.1"],
            env=env,
            log=log,
            ready=lambda: listening(mapper_port),
        )
        self._broker = Process([programs.rabbitmq()], env=env, log=log, ready=self._answers)

    @property
    def pid(self) -> int:
        return self._broker.pid

    def start(self) -> None:
        if not self._folder.exists():
            self._configure()
        self._mapper.start()
        self._broker.start(timeout=60)

    def stop(self) -> None:
        for process in (self._broker, self._mapper):
            if process.running:
                process.kill()

    def _configure(self) -> None:
        self._folder.mkdir()
        (self._folder / "enabled_plugins").write_text("[rabbitmq_management].\n")
        (self._folder / "rabbitmq.conf").write_text(
            f"listeners.tcp.1 = 127.0.0.1:{self._port}\n"
            f"management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {self._api_port}\n"
        )

    def _environment(self, node_port: int, mapper_port: int) -> dict[str, str]:
        folder = self._folder
        return {
            "PATH": f"{os.environ['PATH']}:/usr/lib/erlang/bin",
            "HOME": str(folder),  # of the cookie
            "LANG": "C.UTF-8",
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(mapper_port),
            "RABBITMQ_NODENAME": "kaisen-test@localhost",
            "RABBITMQ_DIST_PORT": str(node_port),
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",  # not the machine's
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
            "RABBITMQ_PLUGINS_EXPAND_DIR": str(folder / "plugins"),
            "RABBITMQ_MNESIA_BASE": str(folder / "data"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            # few threads that do not spin: the broker shares the machine with the tests
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none"
            " -kernel inet_dist_use_interface {127,0,0,1}",
            "RUNNING_UNDER_SYSTEMD": "1",  # the script becomes the broker, instead of being its parent
        }

    def _answers(self) -> bool:
        return listening(self._port) and requests.get(f"{self.api}/vhosts", timeout=5).ok


class VirtualHosts:
    """Makes virtual hosts on a broker, so that each system under test has its own queues."""

    def __init__(self, uri: str, api: str) -> None:
        self._uri = uri
        self._api = api
        self._made: list[str] = []

    def new(self) -> str:
        """The URI of a new, empty virtual host."""
        name = f"test-{secrets.token_hex(6)}"
        requests.put(f"{self._api}/vhosts/{name}", json={}, timeout=10).raise_for_status()
        user = quote(urlsplit(self._uri).username or "guest", safe="")
        everything = {"configure": ".*", "write": ".*", "read": ".*"}
        requests.put(f"{self._api}/permissions/{name}/{user}", json=everything, timeout=10).raise_for_status()
        self._made.append(name)
        return urlsplit(self._uri)._replace(path=f"/{name}").geturl()

    def trace(self, uri: str) -> None:
        """Have the broker copy every message of the virtual host, replies included, to `amq.rabbitmq.trace`."""
        name = urlsplit(uri).path.lstrip("/")
        requests.put(f"{self._api}/vhosts/{name}", json={"tracing": True}, timeout=10).raise_for_status()

    def remove_all(self) -> None:
        for name in self._made:
            requests.delete(f"{self._api}/vhosts/{name}", timeout=30).raise_for_status()
        self._made.clear()


def _unprivileged_user() -> str | None:
    """For root, who may not run a PostgreSQL server: who shall; None for everybody else."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"
