"""python -m services.auth.staff_account create LOGIN_ID: the first account of the operator's staff.

Further accounts come by CSV file, which a staff account imports. The command works on the database that the
service's own settings name, and prints the generated password once; only its hash is stored. The first login leads to
a change of this password.
"""

import argparse
import secrets
import sys
from uuid import uuid4

from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from chassis import clock
from chassis.errors import Conflict, Invalid, KaisenError
from chassis.settings import load
from services.auth import account_store, store
from services.auth.contact import is_email, is_login_id
from services.auth.models import Account
from services.auth.passwords import Cost, argon2id, normalised
from services.auth.portals import Kind
from services.auth.roles import is_role_of
from services.auth.settings import Settings


def create_staff_account(
    database_url: str, login_id: str, role: str, password: str | None = None, email: str | None = None
) -> str:
    """Store the account and return its password: one to be changed at the first login, unless it is given.

    Raises Invalid("account.invalid", field=…), or Conflict("account.exists") and changes nothing.
    """
    for field, is_good in (
        ("login_id", is_login_id(login_id)),
        ("role", is_role_of(Kind.STAFF, role)),
        ("email", email is None or is_email(email)),
    ):
        if not is_good:
            raise Invalid("account.invalid", field=field)
    chosen = password or secrets.token_urlsafe(18)
    now = clock.now()
    account = Account(
        id=uuid4(),
        login_id=login_id,
        kind=Kind.STAFF,
        role=role,
        email=email,
        language="ja",
        # a given one is hashed anew at the first login if the settings ask for more
        password_hash=argon2id(Cost()).hash(normalised(chosen)),
        password_set_at=now,
        password_is_initial=password is None,
        created_at=now,
    )
    engine = create_engine(database_url, hide_parameters=True)
    with Session(engine) as session:
        store.lock_accounts_for_import(session)
        if account_store.is_taken(session, login_id):
            raise Conflict("account.exists", login_id=login_id)
        session.add(account)
        session.commit()
    engine.dispose()
    return chosen


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m services.auth.staff_account", description=__doc__)
    create = parser.add_subparsers(required=True).add_parser("create", help="create a staff account")
    create.add_argument("login_id", metavar="LOGIN_ID")
    create.add_argument("--role", default="administrator", choices=["support", "operations", "administrator"])
    create.add_argument("--email", help="address for notices")
    arguments = parser.parse_args()
    settings = load(Settings)
    try:
        password = create_staff_account(
            settings.database_url, arguments.login_id, arguments.role, email=arguments.email
        )
    except KaisenError as error:
        sys.exit(f"{error.code}: {error.details}")
    sys.stdout.write(f"{password}\n")


if __name__ == "__main__":
    main()
