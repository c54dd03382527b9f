"""python -m services.auth.staff_account create|reset LOGIN_ID: the first account of the operator's staff, and the way
back in when nobody is left who could reset it in the portal.

Further accounts come by CSV file, which a staff account imports. The command works on the database that the
service's own settings name, and prints the generated password once; only its hash is stored. This password works for
one login, which leads to a change of it.
"""

import argparse
import secrets
import sys
from uuid import uuid4

from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from chassis import clock
from chassis.errors import Conflict, Invalid, KaisenError, NotFound
from chassis.settings import load
from services.auth import account_store, store
from services.auth.contact import is_email, is_login_id
from services.auth.models import Account
from services.auth.passwords import Cost, argon2id, normalised
from services.auth.portals import Kind
from services.auth.roles import is_role_of
from services.auth.settings import Settings
from services.auth.usecases.audit import Actor, Entry, record
from services.auth.usecases.sessions import end_sessions_of


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


def reset_staff_account(settings: Settings, login_id: str) -> str:
    """Give an account of staff a new initial password, and return it; second factors go, sessions end.

    Recorded in the audit trail. Raises NotFound("account.unknown").
    """
    chosen = secrets.token_urlsafe(18)
    engine = create_engine(settings.database_url, hide_parameters=True)
    with Session(engine) as session:
        account = store.account_by_login_id(session, login_id)
        if account is None or account.kind is not Kind.STAFF:
            raise NotFound("account.unknown", login_id=login_id)
        account.password_hash = argon2id(Cost()).hash(normalised(chosen))
        account.password_set_at = clock.now()
        account.password_is_initial, account.initial_password_ends_at = True, None
        account.disabled = False
        account_store.forget_factors(session, account.id)
        end_sessions_of(session, account.id, None)
        actor = Actor(kind="command", login_id="staff_account")
        record(session, settings, Entry("account.reset", actor, target=login_id, details={"factors": True}))
        session.commit()
    engine.dispose()
    return chosen


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m services.auth.staff_account", description=__doc__)
    commands = parser.add_subparsers(required=True, dest="command")
    create = commands.add_parser("create", help="create a staff account")
    create.add_argument("login_id", metavar="LOGIN_ID")
    create.add_argument("--role", default="administrator", choices=["support", "operations", "administrator"])
    create.add_argument("--email", help="address for notices")
    reset = commands.add_parser("reset", help="give a staff account a new initial password, and enable it")
    reset.add_argument("login_id", metavar="LOGIN_ID")
    arguments = parser.parse_args()
    settings = load(Settings)
    try:
        if arguments.command == "reset":
            password = reset_staff_account(settings, arguments.login_id)
        else:
            password = create_staff_account(
                settings.database_url, arguments.login_id, arguments.role, email=arguments.email
            )
    except KaisenError as error:
        sys.exit(f"{error.code}: {error.details}")
    sys.stdout.write(f"{password}\n")


if __name__ == "__main__":
    main()
