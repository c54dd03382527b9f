"""The database as the migrations make it."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from services.contracts.models import Base
from tests.integration.contracts.system import ContractsSystem

OF_THE_CHASSIS = {"outbox", "inbox", "idempotency", "alembic_version"}


def test_the_migrations_make_what_the_models_say(contracts: ContractsSystem) -> None:
    def ours(_object: object, name: str | None, kind: str, _reflected: bool, _other: object) -> bool:
        return not (kind == "table" and name in OF_THE_CHASSIS)

    options = {"include_object": ours, "compare_type": True, "compare_server_default": True}
    with contracts.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []
