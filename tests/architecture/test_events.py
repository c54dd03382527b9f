"""What one service publishes, another takes, and both mean the same."""

from dataclasses import fields
from importlib import import_module
from importlib.util import find_spec
from typing import Any, get_type_hints

from chassis.events import Event
from chassis.migrations import event_handlers
from tests.architecture import source


def published() -> dict[str, type[Event]]:
    """The facts that services publish, by type."""
    found: dict[str, type[Event]] = {}
    for package in source.services():
        if find_spec(f"{package}.events") is None:
            continue
        for member in vars(import_module(f"{package}.events")).values():
            if isinstance(member, type) and issubclass(member, Event) and member is not Event:
                assert member.type.startswith(f"{package.removeprefix('services.')}."), (
                    f"{member} tells another's fact"
                )
                assert member.type not in found, f"{member.type} is published twice"
                found[member.type] = member
    assert found, "no service publishes anything"
    return found


def consumed() -> list[tuple[str, str, Any]]:
    """(handler, type of event, the handler's own model of it) of every event handler."""
    return [
        (f"{package}.{name}", handler.event_type, get_type_hints(getattr(service, name).__wrapped__)["event"])
        for package in source.services()
        for service in [source.service_class(package)]
        for handler, name in event_handlers(service)
    ]


def test_every_published_fact_is_consumed_or_public() -> None:
    taken = {event_type for _, event_type, _ in consumed()}
    assert {name for name, event in published().items() if not event.public} - taken == set()


def test_every_consumed_fact_is_published() -> None:
    assert {event_type for _, event_type, _ in consumed()} - published().keys() == set()


def test_a_consumer_reads_only_fields_that_the_publisher_writes() -> None:
    told = {name: {field.name for field in fields(event)} for name, event in published().items()}
    unknown = {
        handler: sorted(set(model.model_fields) - told[event_type])
        for handler, event_type, model in consumed()
        if not set(model.model_fields) <= told[event_type]
    }
    assert unknown == {}
