"""kaisen import | keys: run `kaisen --help`."""

import json
import sys
from pathlib import Path

import click
import requests

from kaisen import keys
from kaisen.api import Api, Refused

KINDS = ("customers", "contracts", "accounts", "lines", "sims", "usage")


@click.group()
def main() -> None:
    """Work on a Kaisen installation from the terminal."""


@main.command("import")
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--mode", type=click.Choice(["validate", "apply"]), default="validate", show_default=True)
@click.option(
    "--url",
    envvar="KAISEN_URL",
    default="http://localhost:8000",
    show_default=True,
    help="address of the gateway",
)
@click.option("--login-id", envvar="KAISEN_LOGIN_ID", prompt=True, help="a staff account that may import")
@click.password_option(
    "--password", envvar="KAISEN_PASSWORD", confirmation_prompt=False, help="better asked for than given"
)
@click.option("--json", "as_json", is_flag=True, help="print the report as JSON")
def import_command(
    kind: str, file: Path, mode: str, url: str, login_id: str, password: str, as_json: bool
) -> None:
    """Check FILE (a CSV of KIND) and, with --mode apply, take it in whole or not at all."""
    api = Api(url)
    try:
        api.login(login_id, password)
        report = api.import_file(kind, file, mode)
        api.logout()
    except Refused as refusal:
        raise click.ClickException(str(refusal)) from None
    except requests.RequestException as error:
        raise click.ClickException(
            f"{url} does not answer ({type(error).__name__}); is the gateway running there?"
        ) from None
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
