"""Each column of the import files: what is taken, what is refused, with which code."""

import secrets
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.contracts.families import SERVICE_TYPES
from services.contracts.imports import ContractRow, CustomerRow, ImportRow, LineRow

CUSTOMER = {"customer_code": "C90000001", "name": "山田商店"}
CONTRACT = {
    "contract_code": "K-1",
    "customer_code": "C90000001",
    "project_name": "本社",
    "family": "ip_phone",
    "service_type": "b2bua",
    "service_name": "IP電話サービス",
    "sip_proxy": "192.0.2.10",
    "sip_domain": "sip.example",
    "call_plan": "3分課金プラン",
    "display_plan": "standard",
}
LINE = {
    "contract_code": "K-1",
    "phone_number": "05058051234",
    "account_id": "8150580512",
    "line_password": secrets.token_hex(4),
    "addon_password": secrets.token_hex(4),
    "start_date": "2022-08-17",
    "end_date": "",
    "channels": "2",
    "notified_number": "",
    "pilot_number": "",
    "mobile_number": "",
}
GOOD: dict[type[ImportRow], dict[str, str]] = {CustomerRow: CUSTOMER, ContractRow: CONTRACT, LineRow: LINE}


def refusals(model: type[ImportRow], **cells: str) -> list[tuple[object, str]]:
    with pytest.raises(ValidationError) as refused:
        model.model_validate(GOOD[model] | cells)
    return [(one["loc"][0], one["type"]) for one in refused.value.errors()]


@pytest.mark.parametrize("model", GOOD)
def test_a_good_row_is_taken(model: type[ImportRow]) -> None:
    model.model_validate(GOOD[model])


def test_values_of_a_line() -> None:
    row = LineRow.model_validate(LINE | {"end_date": "2024-02-29", "mobile_number": "09012345678"})
    assert (row.start_date, row.end_date) == (date(2022, 8, 17), date(2024, 2, 29))
    assert (row.channels, row.mobile_number, row.pilot_number) == (2, "09012345678", None)


@pytest.mark.parametrize(
    ("model", "column"),
    [(model, column) for model, good in GOOD.items() for column, value in good.items() if value],
)
def test_only_optional_columns_may_be_blank(model: type[ImportRow], column: str) -> None:
    optional = {"sip_proxy", "sip_domain", "call_plan", "line_password", "addon_password"}
    if column in optional:
        assert getattr(model.model_validate(GOOD[model] | {column: ""}), column) is None
    else:
        assert [field for field, _ in refusals(model, **{column: ""})] == [column]


PHONES = ["phone_number", "notified_number", "pilot_number", "mobile_number"]


@pytest.mark.parametrize("column", PHONES)
@pytest.mark.parametrize("phone", ["0441234567", "05058051234", "09012345678", "02000000000000"])
def test_phone_numbers_of_10_to_14_digits(column: str, phone: str) -> None:
    assert getattr(LineRow.model_validate(LINE | {column: phone}), column) == phone


@pytest.mark.parametrize("column", PHONES)
@pytest.mark.parametrize(
    "phone",
    [
        "050-5805-1234",
        "045123456",
        "020000000000000",
        "15058051234",
        "+815058051234",
        "0505805123\uff14",
        "0505805 1234",
    ],
)
def test_other_phone_numbers_are_refused(column: str, phone: str) -> None:
    assert refusals(LineRow, **{column: phone}) == [(column, "import.bad_phone")]


@given(st.text())
def test_no_text_but_digits_becomes_a_phone_number(text: str) -> None:
    try:
        row = LineRow.model_validate(LINE | {"phone_number": text})
    except ValidationError:
        return
    assert row.phone_number == text
    assert text.isascii()
    assert text.isdigit()
    assert text[0] == "0"
    assert 10 <= len(text) <= 14


@pytest.mark.parametrize(
    "day",
    ["2023-02-29", "2024-13-01", "2024-00-10", "2024-04-31", "2024/04/01", "20240401", "2024-W09-4", "24-04-01",
     "2024-4-1", "1711929600", "2024-04-01T00:00:00", "2024-04-0\uff11"],
)  # fmt: skip
@pytest.mark.parametrize("column", ["start_date", "end_date"])
def test_impossible_dates_are_refused(column: str, day: str) -> None:
    assert refusals(LineRow, **{column: day}) == [(column, "import.bad_date")]


@given(st.dates())
def test_every_date_is_taken_as_it_is_written(day: date) -> None:
    assert LineRow.model_validate(LINE | {"start_date": day.isoformat()}).start_date == day


@given(st.dates(), st.dates())
def test_a_line_does_not_end_before_it_starts(start: date, end: date) -> None:
    cells = {"start_date": start.isoformat(), "end_date": end.isoformat()}
    if end < start:
        assert refusals(LineRow, **cells) == [("end_date", "import.end_before_start")]
    else:
        assert LineRow.model_validate(LINE | cells).end_date == end


@pytest.mark.parametrize("channels", ["0", "-1", "+2", "1.0", "1_0", "\uff12", "10000", "two", "02"])
def test_channels_are_a_positive_whole_number(channels: str) -> None:
    assert refusals(LineRow, channels=channels) == [("channels", "import.bad_channels")]


@pytest.mark.parametrize("family", SERVICE_TYPES)
def test_a_family_has_its_own_service_types_only(family: str) -> None:
    for service_type in {one for types in SERVICE_TYPES.values() for one in types}:
        cells = {"family": family, "service_type": service_type}
        if service_type in SERVICE_TYPES[family]:  # type: ignore[index]
            ContractRow.model_validate(CONTRACT | cells)
        else:
            assert refusals(ContractRow, **cells) == [("service_type", "import.family_mismatch")]


@pytest.mark.parametrize("column", ["family", "service_type", "display_plan"])
def test_unknown_values_are_refused(column: str) -> None:
    assert refusals(ContractRow, **{column: "gold"}) == [(column, "import.unknown_value")]


@pytest.mark.parametrize(
    ("model", "column", "value", "code"),
    [
        (CustomerRow, "customer_code", "C9/1", "import.bad_code"),
        (CustomerRow, "customer_code", "C900000\uff11", "import.bad_code"),
        (CustomerRow, "customer_code", "C" * 33, "import.bad_code"),
        (CustomerRow, "name", "山\x00田", "import.bad_text"),
        (CustomerRow, "name", "山\n田", "import.bad_text"),
        (CustomerRow, "name", "山\ud800田", "import.bad_text"),
        (CustomerRow, "name", "山" * 201, "import.bad_text"),
        (ContractRow, "sip_proxy", "sip proxy", "import.bad_host"),
        (LineRow, "account_id", "8150 580", "import.bad_account_id"),
        (LineRow, "line_password", "パスワード", "import.bad_password"),
        (LineRow, "addon_password", "with space", "import.bad_password"),
    ],
)
def test_other_refusals(model: type[ImportRow], column: str, value: str, code: str) -> None:
    assert refusals(model, **{column: value}) == [(column, code)]


def test_an_error_never_repeats_a_password() -> None:
    refused = "秘密" + secrets.token_hex(8)
    with pytest.raises(ValidationError) as error:
        LineRow.model_validate(LINE | {"line_password": refused})
    assert refused not in str(error.value)
