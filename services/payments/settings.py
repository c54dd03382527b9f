"""What an operator can set about payments: so far, only what every service needs."""

from chassis.settings import Settings

__all__ = ["Settings"]
