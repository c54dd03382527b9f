"""Invented customers, contracts, lines, calls, SIMs and usage, as the CSV files that staff import.

The same size gives the same people and numbers on the same day; only the passwords are new each time. Telephone
numbers are of shapes that exist, in blocks that nobody is given (0x0-0000-…).
"""

import csv
import random
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from chassis import clock
from embedded import calls

FILES = ("customers", "contracts", "accounts", "lines", "numbers", "calls", "sims", "usage", "stock")
_CALLS_A_FILE = 50_000

_CUSTOMERS = {
    "C900000001": "みなと商店",
    "C900000002": "さくら設計事務所",
    "C900000003": "北山 はるか",
    "TC0001-00001": "青葉ロジスティクス株式会社",
    "TC0002-00001": "しおかぜ計測株式会社",
}
_CONTRACTS = (
    # code, customer, project, family, service type, service name, plan, display plan
    (
        "IP0000001",
        "C900000001",
        "本店",
        "ip_phone",
        "ip_phone",
        "IP電話サービス",
        "3分課金プラン",
        "standard",
    ),
    (
        "MC0000001",
        "C900000002",
        "所員用",
        "mobile_choice",
        "mobile_choice",
        "モバイルチョイス“050”",
        "ベーシックプラン",
        "basic",
    ),
    ("FV0000001", "C900000003", "自宅", "free_voice", "free_voice", "フリーボイス", "定額プラン", "standard"),
    (
        "DS0000001",
        "TC0001-00001",
        "配送車両テレマティクス",
        "data_sim",
        "data_sim",
        "モバイルデータSIMサービス(R)",
        "500MB",
        "standard",
    ),
    (
        "DS0000002",
        "TC0002-00001",
        "水位センサー",
        "data_sim",
        "data_sim",
        "モバイルデータSIMサービス(R)",
        "500MB",
        "standard",
    ),
)


@dataclass(frozen=True)
class Login:
    """A login that the demo tells its user about."""

    portal: str
    login_id: str
    kind: str
    customer: str
    role: str
    email: str  # empty: none is registered
    contact_phone: str
    language: str
    what: str


LOGINS = (
    Login(
        "ip_phone",
        "C900000001",
        "selfcare",
        "C900000001",
        "",
        "minato@shop.example",
        "0300000001",
        "ja",
        "IP phone, 30 lines",
    ),
    Login(
        "mobile_choice",
        "C900000002",
        "selfcare",
        "C900000002",
        "",
        "sakura@design.example",
        "0300000002",
        "ja",
        "Mobile Choice 050",
    ),
    Login(
        "free_voice",
        "C900000003",
        "selfcare",
        "C900000003",
        "",
        "haruka@home.example",
        "0300000003",
        "en",
        "Free Voice, in English",
    ),
    Login(
        "console",
        "aoba-admin",
        "console",
        "TC0001-00001",
        "administrator",
        "admin@aoba.example",
        "0300000004",
        "ja",
        "24 SIMs, administrator",
    ),
    Login(
        "console",
        "aoba-viewer",
        "console",
        "TC0001-00001",
        "viewer",
        "viewer@aoba.example",
        "0300000005",
        "en",
        "same SIMs, may only look",
    ),
    Login(
        "console",
        "shiokaze-operator",
        "console",
        "TC0002-00001",
        "operator",
        "ops@shiokaze.example",
        "0300000006",
        "ja",
        "another customer",
    ),
    Login(
        "ip_phone",
        "C900000011",
        "selfcare",
        "C900000001",
        "",
        "",
        "0300000011",
        "ja",
        "IP phone, no mail address yet",
    ),
    Login(
        "mobile_choice",
        "C900000012",
        "selfcare",
        "C900000002",
        "",
        "",
        "0300000012",
        "ja",
        "Mobile Choice 050, no mail address yet",
    ),
    Login(
        "free_voice",
        "C900000013",
        "selfcare",
        "C900000003",
        "",
        "",
        "0300000013",
        "en",
        "Free Voice, no mail address yet",
    ),
)


@dataclass(frozen=True)
class Size:
    lines: int  # of the IP phone contract
    sims: int  # of the first console customer
    usage_days: int
    call_months: int


SIZES = {
    "small": Size(lines=30, sims=24, usage_days=40, call_months=24),
    "large": Size(lines=6000, sims=1500, usage_days=92, call_months=3),
}


def write(size: str, out: Path) -> list[dict[str, str]]:
    """Write the files of FILES to `out`; the demo logins with their new passwords.

    Calls come in files of 50,000, usage in one file a month, `usage-YYYY-MM.csv`, so that each stays below the upload
    limit.
    """
    chosen = SIZES[size]
    dice = random.Random(f"kaisen-{size}")
    today = clock.today()
    out.mkdir(parents=True, exist_ok=True)
    logins = [_with_password(login) for login in LOGINS]
    _save(out / "customers.csv", ({"customer_code": code, "name": name} for code, name in _CUSTOMERS.items()))
    _save(out / "contracts.csv", _contracts())
    _save(out / "accounts.csv", _accounts(logins), private=True)
    lines = list(_lines(dice, chosen, today))
    _save(out / "lines.csv", iter(lines), private=True)
    _save(out / "numbers.csv", _numbers())
    _save(out / "stock.csv", _stock())
    made = list(calls.of(lines, chosen.call_months, size, clock.in_japan(clock.now())))
    for number, begin in enumerate(range(0, len(made), _CALLS_A_FILE), 1):
        _save(out / f"calls-{number:02d}.csv", iter(made[begin : begin + _CALLS_A_FILE]))
    sims = list(_sims(dice, chosen, today))
    _save(out / "sims.csv", iter(sims))
    months: dict[str, list[dict[str, Any]]] = {}
    for record in _usage(dice, sims, size, today):
        months.setdefault(record["used_at"][:7], []).append(record)
    for month, records in months.items():
        _save(out / f"usage-{month}.csv", iter(records))
    return logins


def _with_password(login: Login) -> dict[str, str]:
    """`initial_password` stands in the file; self-care accounts keep it, the others get `password` at a first login."""
    password = f"{secrets.token_urlsafe(9)}-{secrets.randbelow(90) + 10}"
    initial = password if login.kind == "selfcare" else secrets.token_urlsafe(15)
    return {**login.__dict__, "initial_password": initial, "password": password}


def _save(path: Path, rows: Iterator[dict[str, Any]], private: bool = False) -> None:
    path.touch(mode=0o600 if private else 0o644)
    first = next(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(first), lineterminator="\n")
        writer.writeheader()
        writer.writerow(first)
        writer.writerows(rows)


def _contracts() -> Iterator[dict[str, Any]]:
    for code, customer, project, family, service_type, service, plan, display in _CONTRACTS:
        voice = family in ("ip_phone", "free_voice")
        yield {
            "contract_code": code,
            "customer_code": customer,
            "project_name": project,
            "family": family,
            "service_type": service_type,
            "service_name": service,
            "sip_proxy": "192.0.2.10" if voice else "",
            "sip_domain": "voice.minato-telecom.example" if voice else "",
            "call_plan": plan,
            "display_plan": display,
        }


def _accounts(logins: list[dict[str, str]]) -> Iterator[dict[str, Any]]:
    for login in logins:
        yield {
            "login_id": login["login_id"],
            "kind": login["kind"],
            "customer_code": login["customer"],
            "role": login["role"],
            "email": login["email"],
            "contact_phone": login["contact_phone"],
            "initial_password": login["initial_password"],
            "language": login["language"],
        }


def _lines(dice: random.Random, size: Size, today: date) -> Iterator[dict[str, Any]]:
    for contract, count, prefix in (
        ("IP0000001", size.lines, "0500000"),
        ("MC0000001", 12, "0500001"),
        ("FV0000001", 4, "0500002"),
    ):
        voice = contract != "MC0000001"
        for index in range(count):
            phone = f"{prefix}{index:04d}" if index % 7 else f"03{prefix[-1]}000{index:04d}"
            start = today - timedelta(days=dice.randrange(60, 1500))
            ended = index % 9 == 8
            yield {
                "contract_code": contract,
                "phone_number": phone,
                "account_id": f"81{phone[1:]}",
                "line_password": _line_password() if voice else "",
                "addon_password": _line_password() if voice else "",
                "start_date": start.isoformat(),
                "end_date": (today - timedelta(days=dice.randrange(1, 50))).isoformat() if ended else "",
                "channels": dice.choice((1, 2, 2, 4)),
                "notified_number": f"{prefix}0001" if voice and index % 3 == 0 else "",
                "pilot_number": f"{prefix}0001" if voice and index % 5 == 0 else "",
                "mobile_number": f"0900000{index:04d}" if not voice and not ended and index % 2 == 0 else "",
            }


def _numbers() -> Iterator[dict[str, Any]]:
    """A pool of numbers for applications, in blocks of their own."""
    for family, prefix, count in (("ip_phone", "0500003", 60), ("mobile_choice", "0500004", 40)):
        for index in range(count):
            yield {"phone_number": f"{prefix}{index:04d}", "family": family}


def _stock() -> Iterator[dict[str, Any]]:
    """Cards without a number, for reissues; cards with one, for new lines; profiles of eSIMs, by their ICCID."""
    for block, (size, count) in enumerate((("nano", 40), ("micro", 25), ("標準", 5)), 1):
        for index in range(count):
            yield {"sim_serial": f"CD{block}{index:09d}", "sim_type": "card", "sim_size": size, "msisdn": ""}
    for index in range(30):
        number = f"0203000{index:04d}"
        yield {"sim_serial": f"CN{index:010d}", "sim_type": "card", "sim_size": "nano", "msisdn": number}
    for index in range(30):
        iccid = f"898181{index:013d}"
        yield {"sim_serial": iccid, "sim_type": "esim", "sim_size": "", "msisdn": ""}


def _line_password() -> str:
    return "".join(secrets.choice("abcdefghjkmnpqrstuvwxyz23456789") for _ in range(8))


def _sims(dice: random.Random, size: Size, today: date) -> Iterator[dict[str, Any]]:
    for customer, project, count, block in (
        ("TC0001-00001", "配送車両テレマティクス", size.sims, 1),
        ("TC0002-00001", "水位センサー", 6, 2),
    ):
        for index in range(count):
            status = {5: "suspended", 11: "shipped", 17: "ordered"}.get(index % 24, "active")
            started = status in ("active", "suspended")
            yield {
                "sim_serial": f"AF{block}{index:09d}",
                "customer_code": customer,
                "project_name": project,
                "msisdn": f"020{block}000{index:04d}",
                "sim_type": "esim" if index % 6 == 3 else "card",
                "sim_size": "eSIM" if index % 6 == 3 else dice.choice(("nano", "micro", "標準")),
                "plan": "30GB" if index % 8 == 7 else "500MB",
                "status": status,
                "activated_on": (today - timedelta(days=dice.randrange(100, 900))).isoformat()
                if started
                else "",
            }


def _usage(
    dice: random.Random, sims: list[dict[str, Any]], size: str, today: date
) -> Iterator[dict[str, Any]]:
    """A record a day for each SIM that was active; the second SIM has used up its month, so that it is restricted."""
    for sim in sims:
        if sim["status"] != "active":
            continue
        exhausted = sim["sim_serial"].endswith("1")
        daily = 15_000_000 if sim["plan"] == "500MB" else 600_000_000
        for back in range(SIZES[size].usage_days, -1, -1):
            day = today - timedelta(days=back)
            used = 520_000_000 if exhausted and back == 0 else int(daily * dice.uniform(0.1, 1.0))
            at = datetime.combine(day, time(0, 5), clock.JAPAN) + timedelta(seconds=dice.randrange(0, 240))
            at = min(at, clock.in_japan(clock.now()))  # what was not used yet cannot be on record
            yield {
                "record_id": f"{size}-{sim['sim_serial']}-{day:%Y%m%d}",
                "sim_serial": sim["sim_serial"],
                "used_at": at.isoformat(),
                "bytes": used,
            }
