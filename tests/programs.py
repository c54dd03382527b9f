"""Programs that the tests need and pip cannot install: found on this machine, or installed with apt-get."""

import ctypes
import os
import shutil
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path

INSTALLER = Path(__file__).with_name("install_packages.sh")


class Missing(Exception):
    """A needed program is not here and cannot be installed; the message says in one line how to get it."""


@cache
def postgresql() -> Path:
    """The folder of initdb and postgres, of the newest version installed."""

    def find() -> Path | None:
        folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda bin_: int(bin_.parent.name))
        on_path = shutil.which("initdb")
        candidates = [*reversed(folders), *([Path(on_path).resolve().parent] if on_path else [])]
        return next(
            (one for one in candidates if (one / "initdb").exists() and (one / "postgres").exists()), None
        )

    return _found_or_installed("a PostgreSQL server", find, "postgresql")


@cache
def rabbitmq() -> Path:
    """The server's own start script: Debian's one on the PATH is a wrapper that changes to another user."""

    def find() -> Path | None:
        scripts = [
            Path("/usr/lib/rabbitmq/bin/rabbitmq-server"),
            *Path("/usr/lib/rabbitmq/lib").glob("rabbitmq_server-*/sbin/rabbitmq-server"),
        ]
        on_path = shutil.which("rabbitmq-server")
        candidates = [*scripts, *([Path(on_path)] if on_path else [])]
        return next((one for one in candidates if one.exists()), None)

    return _found_or_installed("a RabbitMQ server", find, "rabbitmq-server")


@cache
def chromium() -> Path:
    """A Chromium that playwright can drive, on a machine whose fonts can write Japanese."""

    def find() -> Path | None:
        path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
        return Path(path) if path and _writes_japanese() and _has_library("libatomic.so.1") else None

    # playwright brings a node of its own, and that needs libatomic
    packages = ("chromium", "fontconfig", "fonts-noto-cjk", "libatomic1")
    return _found_or_installed("Chromium, a Japanese font and libatomic", find, *packages)


def _writes_japanese() -> bool:
    fc_list = shutil.which("fc-list")
    return bool(fc_list and subprocess.run([fc_list, ":lang=ja"], capture_output=True, check=True).stdout)


def _has_library(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def _found_or_installed(what: str, find: Callable[[], Path | None], *packages: str) -> Path:
    found = find()
    if found is None:
        _install(what, packages)
        found = find()
    if found is None:
        raise Missing(f"{what} is not found, although {' '.join(packages)} is installed")
    return found


def _install(what: str, packages: tuple[str, ...]) -> None:
    advice = f"the tests need {what}: apt-get install {' '.join(packages)}"
    if shutil.which("apt-get") is None:
        raise Missing(f"{advice} (or the like: this is no Debian)")
    command = [str(INSTALLER), *packages]
    if os.geteuid() != 0:
        if (
            shutil.which("sudo") is None
            or subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode
        ):
            raise Missing(f"{advice} (not done for you: neither root nor sudo without a password)")
        command = ["sudo", "-n", *command]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        last_line = (done.stdout.strip().splitlines() or ["no output"])[-1]
        raise Missing(f"{advice} (tried, and apt-get said: {last_line})")
