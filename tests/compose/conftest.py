"""The product in containers, built from this checkout, with its own secrets, ports and volumes."""

import os
import secrets
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from embedded import dataset, demo
from kaisen import keys
from tests.e2e.system import MANY_LOGINS, System, free_ports
from tests.harness import ROOT

_PROJECT = "kaisen-test"


@dataclass
class ComposeSystem(System):
    demo_logins: dict[str, dict[str, str]]
    environment: dict[str, str]

    @property
    def logins(self) -> dict[str, dict[str, str]]:
        return self.demo_logins

    def compose(self, *arguments: str, check: bool = True) -> str:
        return compose(self.environment, *arguments, check=check)


def compose(environment: dict[str, str], *arguments: str, check: bool = True) -> str:
    command = ["docker", "compose", "--project-name", _PROJECT, "--env-file", "deploy/compose/sandbox.env"]
    done = subprocess.run([*command, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0 or not check, (
        f"docker compose {' '.join(arguments)}:\n{done.stdout}{done.stderr}"
    )
    return done.stdout


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ComposeSystem]:
    folder = tmp_path_factory.mktemp("compose")
    port = free_ports(2)
    keys.write(folder / "secrets", "rabbitmq", "postgres")
    for name, value in MANY_LOGINS.items():  # any setting may stand in a file
        path = folder / "secrets" / "auth" / name.lower()
        path.write_text(value)
        path.chmod(0o644)
    environment = os.environ | {
        "KAISEN_SECRETS": str(folder / "secrets"),
        "KAISEN_PUBLISH": f"127.0.0.1:{port}",
        "KAISEN_SANDBOX_PUBLISH": f"127.0.0.1:{port + 1}",
        "KAISEN_PROVIDER_BROWSER_URL": f"http://127.0.0.1:{port + 1}",
    }
    try:
        compose(environment, "up", "--build", "--detach", "--wait", "--wait-timeout", "300")
        url = f"http://127.0.0.1:{port}"
        logins = _load(environment, url, folder / "data")
        yield ComposeSystem(url, f"http://127.0.0.1:{port + 1}", logins, environment)
    finally:
        logs = compose(environment, "logs", "--no-color", check=False)
        Path(os.environ.get("KAISEN_COMPOSE_LOG", folder / "log")).write_text(logs)
        compose(environment, "down", "--volumes", "--timeout", "45", check=False)


def _load(environment: dict[str, str], url: str, folder: Path) -> dict[str, dict[str, str]]:
    """The demo data, taken in as an operator would: a first staff account by command, then the import files."""
    command = (
        "python3",
        "-m",
        "services.auth.staff_account",
        "create",
        "ops-staff",
        "--role",
        "administrator",
    )
    printed = compose(environment, "exec", "--no-TTY", "auth", *command)
    staff = {
        "portal": "staff",
        "login_id": "ops-staff",
        "initial_password": printed.split()[-1],
        "password": secrets.token_urlsafe(15),
        "email": "",
    }
    logins = dataset.write("small", folder)
    demo.first_login(url, staff)
    demo.load(url, staff, folder)
    for login in logins:
        demo.first_login(url, login)
    return {one["login_id"]: one for one in [*logins, staff]}
