from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness import make_database
from tests.integration.payments.cards_system import CardSystem, Holder, card_system
from tests.servers import VirtualHosts


@pytest.fixture(scope="session")
def running_cards(
    virtual_hosts: VirtualHosts, database_server_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[CardSystem]:
    folder: Path = tmp_path_factory.mktemp("cards")
    database = make_database(database_server_url, "payments_cards")
    with card_system(folder, virtual_hosts.new(), database, replicas=2) as system:
        yield system


@pytest.fixture
def cards(running_cards: CardSystem) -> Iterator[CardSystem]:
    """Two replicas with a payment provider; every test finds it without faults, at the real time."""
    yield running_cards
    running_cards.outside.no_faults()
    running_cards.outside.clock(reset=True)


@pytest.fixture
def holder(cards: CardSystem) -> Holder:
    return cards.holder()
