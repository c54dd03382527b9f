"""The query of mail-address recovery."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.auth.codes import AttemptState
from services.auth.models import LoginAttempt


def wrong_phones(session: Session, account_id: UUID, since: datetime) -> int:
    """Wrong contact numbers in the account's attempts after `since` and after its last completed login."""
    of_account = LoginAttempt.account_id == account_id
    completed = session.scalar(
        select(func.max(LoginAttempt.ends_at)).where(of_account, LoginAttempt.state == AttemptState.COMPLETED)
    )
    after = max(since, completed or since)
    counted = select(func.coalesce(func.sum(LoginAttempt.wrong_phones), 0)).where(
        of_account, LoginAttempt.started_at > after
    )
    return session.scalars(counted).one()
