"""The history of each service's database is one line."""

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from tests.architecture import source
from tests.harness import ROOT


@pytest.mark.parametrize("package", source.services())
def test_a_service_has_one_newest_migration(package: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(ROOT / package.replace(".", "/") / "migrations"))
    assert len(ScriptDirectory.from_config(config).get_heads()) == 1
