"""kaisen import | audit | keys: run `kaisen --help`."""

import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import requests

from kaisen import audit, keys
from kaisen.api import Api, Refused

KINDS = ("customers", "contracts", "accounts", "lines", "numbers", "terminations", "calls", "sims", "usage")


@click.group()
def main() -> None:
    """Work on a Kaisen installation from the terminal."""


def as_staff(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of commands that log in."""
    options = (
        click.option(
            "--url",
            envvar="KAISEN_URL",
            default="http://localhost:8000",
            show_default=True,
            help="address of the gateway",
        ),
        click.option(
            "--login-id", envvar="KAISEN_LOGIN_ID", prompt=True, help="a staff account that may do it"
        ),
        click.password_option(
            "--password",
            envvar="KAISEN_PASSWORD",
            confirmation_prompt=False,
            help="better asked for than given",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


@contextmanager
def logged_in(url: str, login_id: str, password: str) -> Iterator[Api]:
    """A session at the API that ends with the work; what goes wrong becomes an error of the command."""
    api = Api(url)
    try:
        api.login(login_id, password)
        yield api
        api.logout()
    except Refused as refusal:
        raise click.ClickException(str(refusal)) from None
    except requests.RequestException as error:
        raise click.ClickException(
            f"{url} does not answer ({type(error).__name__}); is the gateway running there?"
        ) from None


@main.command("import")
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--mode", type=click.Choice(["validate", "apply"]), default="validate", show_default=True)
@as_staff
@click.option("--json", "as_json", is_flag=True, help="print the report as JSON")
def import_command(
    kind: str, file: Path, mode: str, url: str, login_id: str, password: str, as_json: bool
) -> None:
    """Check FILE (a CSV of KIND) and, with --mode apply, take it in whole or not at all."""
    with logged_in(url, login_id, password) as api:
        report = api.import_file(kind, file, mode)
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False, indent=2))
    else:
        _print(report)
    sys.exit(1 if report["error_count"] else 0)


def _print(report: dict) -> None:
    click.echo(
        f"rows {report['rows']}, new {report['created']}, changed {report['updated']}, unchanged {report['unchanged']}"
    )
    for error in report["errors"]:
        place = f"row {error['row']}" + (f", {error['field']}" if error.get("field") else "")
        click.echo(f"  {place}: {error.get('detail') or error['code']}")
    if report["error_count"]:
        click.echo(f"{report['error_count']} errors: nothing was stored. Mend the rows and try again.")
    else:
        click.echo(
            "stored"
            if report["applied"]
            else "the file is good; nothing was stored yet (--mode apply stores it)"
        )


@main.group("audit")
def audit_group() -> None:
    """Look after the audit trail."""


def _place(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    if value is not None and not re.fullmatch(r"[1-9][0-9]{0,17}:[0-9a-f]{64}", value):
        raise click.BadParameter("expected SEQ:HASH, as an earlier run has printed it")
    return value


@audit_group.command("verify")
@as_staff
@click.option(
    "--expect", callback=_place, help="SEQ:HASH that an earlier run printed, to be in the trail still"
)
def audit_verify(url: str, login_id: str, password: str, expect: str | None) -> None:
    """Check that no record of the audit trail was changed or removed since it was written.

    Prints how many records hold and the place of the last one as SEQ:HASH. Note it outside of the installation: given
    as --expect later, it proves that the trail up to there is still the same one.
    """
    with logged_in(url, login_id, password) as api:
        checked, last, first_break = audit.verify(api, expect)
    click.echo(f"records {checked}, last {last}")
    if first_break is not None:
        click.echo(f"record {first_break['seq']}: {audit.REASONS[first_break['reason']]}")
        sys.exit(1)
    click.echo("the trail is whole")


@main.command("keys")
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="folder to write to"
)
@click.option("--broker", default="rabbitmq", show_default=True, help="host of the RabbitMQ server")
@click.option("--database", default="postgres", show_default=True, help="host of the PostgreSQL server")
def keys_command(out: Path, broker: str, database: str) -> None:
    """Make the keys, passwords and addresses of a new installation."""
    try:
        for path in keys.write(out, broker, database):
            click.echo(path)
    except FileExistsError:
        raise click.ClickException(
            f"{out} already holds secrets; move them away first if you mean to replace them"
        ) from None


main(prog_name="kaisen")
