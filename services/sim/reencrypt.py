"""python -m services.sim.reencrypt: bring what activation codes are made of under the first key of KAISEN_FIELD_KEYS.

To change the key: put the new one in front of the old one, restart the service, run this, and take the old key away.
It works in small transactions while the service runs, and can be stopped and started again at any time: what is
under the first key already is left alone.
"""

import argparse
import sys
from dataclasses import dataclass

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from chassis.database import make_engine
from chassis.sealing import FieldCipher
from chassis.settings import load
from services.sim.activation_code import decrypt, encrypt
from services.sim.models_esim import EsimProfile
from services.sim.settings import Settings

BATCH = 500


@dataclass
class Done:
    """`unreadable` are the ICCIDs of profiles that no key opens; they are left as they are."""

    changed: int
    unreadable: list[str]


def reencrypt(engine: Engine, cipher: FieldCipher, batch: int = BATCH) -> Done:
    """Re-encrypt whatever is under another key than the first."""
    done = Done(0, [])
    last: int | None = 0
    while last is not None:
        with Session(engine) as session, session.begin():
            last = _profiles(session, cipher, last, batch, done)
    return done


def _profiles(session: Session, cipher: FieldCipher, after: int, limit: int, done: Done) -> int | None:
    """One batch, locked; the item of the last profile, None if there was none."""
    profiles = session.scalars(
        select(EsimProfile)
        .where(
            EsimProfile.order_item_id > after,
            ~func.starts_with(EsimProfile.matching_id, f"{cipher.first_key}."),
        )
        .order_by(EsimProfile.order_item_id)
        .limit(limit)
        .with_for_update()
    ).all()
    for profile in profiles:
        try:
            known = decrypt(cipher, profile.iccid, profile.matching_id or "")
        except ValueError:
            done.unreadable.append(profile.iccid)
            continue
        profile.matching_id = encrypt(cipher, profile.iccid, known)
        done.changed += 1
    return profiles[-1].order_item_id if profiles else None


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m services.sim.reencrypt", description=__doc__)
    parser.add_argument("--batch", type=int, default=BATCH, help="rows a transaction (default: %(default)s)")
    options = parser.parse_args()
    settings = load(Settings)
    engine = make_engine(settings, "services.sim.reencrypt")
    done = reencrypt(engine, FieldCipher(settings.field_keys), options.batch)
    engine.dispose()
    print(f"{done.changed} re-encrypted")
    if done.unreadable:
        sys.exit(f"No key opens the activation codes of: {', '.join(done.unreadable)}. Keep the old key.")


if __name__ == "__main__":
    main()
