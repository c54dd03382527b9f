"""The copy of the customers."""

from sqlalchemy.dialects.postgresql import insert

from chassis.database import UnitOfWork
from services.sim.consumed import CustomerRegistered
from services.sim.models import Customer


def keep_customer(uow: UnitOfWork, event: CustomerRegistered) -> None:
    """Store the customer, or its new name."""
    statement = insert(Customer).values(code=event.customer_code, name=event.name)
    uow.session.execute(
        statement.on_conflict_do_update(index_elements=["code"], set_={"name": statement.excluded.name})
    )
