"""python -m services.contracts.reencrypt: bring all passwords of lines under the first key of KAISEN_FIELD_KEYS.

To change the key: put the new one in front of the old one, restart the service, run this, and take the old key away.
It works in small transactions while the service runs, and can be stopped and started again at any time: what is
under the first key already is left alone.
"""

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Engine, func, or_, select
from sqlalchemy.orm import Session

from chassis.database import make_engine
from chassis.sealing import FieldCipher
from chassis.settings import load
from services.contracts.models import Line
from services.contracts.models_passwords import PasswordChange
from services.contracts.passwords import decrypt, decrypt_new, encrypt, encrypt_new
from services.contracts.settings import Settings

BATCH = 500


@dataclass
class Done:
    """`unreadable` are the telephone numbers whose passwords no key opens; they are left as they are."""

    changed: int
    unreadable: list[str]


def reencrypt(engine: Engine, cipher: FieldCipher, batch: int = BATCH) -> Done:
    """Re-encrypt whatever is under another key than the first."""
    done = Done(0, [])
    for step in (_lines, _changes):
        last: int | None = 0
        while last is not None:
            with Session(engine) as session, session.begin():
                last = step(session, cipher, last, batch, done)
    return done


def _lines(session: Session, cipher: FieldCipher, after: int, limit: int, done: Done) -> int | None:
    """One batch of lines, locked; the id of the last one, None if there was none."""
    beginning = f"{cipher.first_key}."
    lines = session.scalars(
        select(Line)
        .where(
            Line.id > after,
            or_(*(~func.starts_with(each, beginning) for each in (Line.line_password, Line.addon_password))),
        )
        .order_by(Line.id)
        .limit(limit)
        .with_for_update(key_share=True)
    ).all()
    for line in lines:
        phone = line.phone_number

        def renew(line: Line = line, phone: str = phone) -> None:
            if line.line_password is not None:
                known = decrypt(cipher, phone, "line_password", line.line_password)
                line.line_password = encrypt(cipher, phone, "line_password", known)
            if line.addon_password is not None:
                known = decrypt(cipher, phone, "addon_password", line.addon_password)
                line.addon_password = encrypt(cipher, phone, "addon_password", known)

        _try(renew, phone, done)
    return lines[-1].id if lines else None


def _changes(session: Session, cipher: FieldCipher, after: int, limit: int, done: Done) -> int | None:
    """One batch of changes whose new password is kept."""
    rows = session.execute(
        select(PasswordChange, Line.phone_number)
        .join(Line, Line.id == PasswordChange.line_id)
        .where(
            PasswordChange.id > after,
            ~func.starts_with(PasswordChange.new_password, f"{cipher.first_key}."),
        )
        .order_by(PasswordChange.id)
        .limit(limit)
        .with_for_update(of=PasswordChange)
    ).all()
    for change, phone in rows:

        def renew(change: PasswordChange = change, phone: str = phone) -> None:
            known = decrypt_new(cipher, phone, change.version, change.new_password or "")
            change.new_password = encrypt_new(cipher, phone, change.version, known)

        _try(renew, phone, done)
    return rows[-1][0].id if rows else None


def _try(renew: Callable[[], None], phone: str, done: Done) -> None:
    try:
        renew()
        done.changed += 1
    except ValueError:
        done.unreadable.append(phone)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m services.contracts.reencrypt", description=__doc__)
    parser.add_argument("--batch", type=int, default=BATCH, help="rows a transaction (default: %(default)s)")
    options = parser.parse_args()
    settings = load(Settings)
    engine = make_engine(settings, "services.contracts.reencrypt")
    done = reencrypt(engine, FieldCipher(settings.field_keys), options.batch)
    engine.dispose()
    print(f"{done.changed} re-encrypted")
    if done.unreadable:
        sys.exit(f"No key opens the passwords of: {', '.join(done.unreadable)}. Keep the old key.")


if __name__ == "__main__":
    main()
