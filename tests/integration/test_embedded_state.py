"""What the embedded product keeps in its state folder, when a start is cut off."""

import json
from pathlib import Path

from sqlalchemy import create_engine, text

from chassis import migrations
from embedded import demo, files
from tests.harness import make_database


def test_a_first_start_that_was_cut_off_is_made_up_for(database_server_url: str, tmp_path: Path) -> None:
    url = make_database(database_server_url, "embedded_state")
    migrations.upgrade("services.auth", url)
    engine = create_engine(url)
    demo.ensure_staff(tmp_path, url)
    kept = (tmp_path / "demo-logins.json").read_text()
    for statement in ("DELETE FROM accounts", "SELECT"):  # cut off before the account was made, and after
        with engine.begin() as connection:
            connection.execute(text(statement))
        demo.ensure_staff(tmp_path, url)
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT count(*) FROM accounts")) == 1
    engine.dispose()
    assert (tmp_path / "demo-logins.json").read_text() == kept
    assert json.loads(kept)["logins"][0]["password"]


def test_a_file_with_secrets_is_whole_and_for_one_user(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    path.with_name("secrets.json.new").write_text("half of an earl")
    for content in ("{}", "[]"):
        files.keep(path, content)
        assert path.read_text() == content
        assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]
