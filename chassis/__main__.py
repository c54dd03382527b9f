"""python -m chassis serve|migrate|dead-letters PACKAGE: what an operator runs of a service."""

import warnings

warnings.filterwarnings(
    "ignore", message=r"\s*Eventlet is deprecated"
)  # the choice is recorded; a log line is no place

import eventlet  # noqa: E402

eventlet.monkey_patch()  # before anything else is imported, or sockets would block all green threads

import argparse  # noqa: E402
import json  # noqa: E402

from chassis import deadletters, runner  # noqa: E402
from chassis.database import make_engine  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m chassis", description="Run or look after one service.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, summary in (
        ("serve", "run the service"),
        ("migrate", "bring its schema and queues up to date"),
    ):
        commands.add_parser(name, help=summary).add_argument("package", help="for example services.auth")
    letters = commands.add_parser("dead-letters", help="list or replay what was given up")
    letters.add_argument("package")
    letters.add_argument("action", choices=["list", "replay"])
    letters.add_argument("id", nargs="?", help="the event_id of one dead letter, or `all`")
    arguments = parser.parse_args()
    if arguments.command == "serve":
        runner.serve(arguments.package)
    elif arguments.command == "migrate":
        runner.migrate(arguments.package)
    else:
        _dead_letters(parser, arguments)


def _dead_letters(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> None:
    settings = runner.read_settings(arguments.package)
    engine = make_engine(settings, arguments.package)
    if arguments.action == "list":
        for letter in deadletters.listing(engine):
            print(json.dumps(letter, default=str, ensure_ascii=False))
    elif arguments.id is None:
        parser.error("replay needs an event_id or `all`")
    else:
        print(f"{deadletters.replay(engine, settings.amqp_uri, arguments.id)} handed back")


main()
