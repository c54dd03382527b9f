"""Mobile numbers that several lines had before the rule that a mobile number belongs to one line."""

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text

from chassis import migrations
from tests.harness import ROOT, make_database

# phone number, start, end, mobile number
LINES = [
    ("05000000001", "2020-01-01", None, "09000000001"),  # older
    ("05000000002", "2021-01-01", "2099-12-31", "09000000001"),  # the newest one in service keeps it
    ("05000000003", "2022-01-01", "2022-12-31", "09000000001"),  # terminated
    ("05000000004", "2020-01-01", "2020-12-31", "09000000002"),  # the only one, if terminated
    ("05000000005", "2020-01-01", None, "09000000003"),  # of the same day: the one that was registered last
    ("05000000006", "2020-01-01", None, "09000000003"),
    ("05000000007", "2020-01-01", None, None),
    ("05000000008", "2020-01-01", None, None),
]


def test_the_migration_leaves_each_mobile_number_to_one_line(database_server_url: str) -> None:
    url = make_database(database_server_url, "contracts_doubles")
    config = Config()
    config.set_main_option("script_location", str(ROOT / "services/contracts/migrations"))
    config.attributes["database_url"] = url
    command.upgrade(config, "0003")
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO customers VALUES ('C1', 'x')"))
        connection.execute(text("INSERT INTO projects VALUES ('C1', 'x')"))
        connection.execute(
            text(
                "INSERT INTO contracts"
                " (code, customer_code, project_name, family, service_type, service_name, display_plan)"
                " VALUES ('K1', 'C1', 'x', 'mobile_choice', 'mobile_choice', 'x', 'standard')"
            )
        )
        connection.execute(
            text(
                "INSERT INTO lines"
                " (contract_id, number, phone_number, account_id, start_date, end_date, channels, mobile_number)"
                " VALUES ((SELECT id FROM contracts), :number, :phone, 'x', :start, :end, 1, :mobile)"
            ),
            [
                {"number": number, "phone": phone, "start": start, "end": end, "mobile": mobile}
                for number, (phone, start, end, mobile) in enumerate(LINES, 1)
            ],
        )
    migrations.upgrade("services.contracts", url)
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT phone_number, mobile_number FROM lines WHERE mobile_number IS NOT NULL ORDER BY 1")
        )
        assert [tuple(row) for row in rows] == [
            ("05000000002", "09000000001"),
            ("05000000004", "09000000002"),
            ("05000000006", "09000000003"),
        ]
    engine.dispose()
