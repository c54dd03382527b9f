"""Which portal is for whom."""

from enum import StrEnum


class Portal(StrEnum):
    IP_PHONE = "ip_phone"
    MOBILE_CHOICE = "mobile_choice"
    FREE_VOICE = "free_voice"
    CONSOLE = "console"
    STAFF = "staff"


class Kind(StrEnum):
    """The kind of an account; each kind has its own portals, rules and session times."""

    SELFCARE = "selfcare"
    CONSOLE = "console"
    STAFF = "staff"


def kind_of(portal: Portal) -> Kind:
    """The only kind of account that the portal admits."""
    match portal:
        case Portal.CONSOLE:
            return Kind.CONSOLE
        case Portal.STAFF:
            return Kind.STAFF
        case _:
            return Kind.SELFCARE


def admits(portal: Portal, kind: Kind, families: frozenset[str]) -> bool:
    """May an account of `kind`, whose customer has contracts of `families`, log in to `portal`?

    A self-care portal serves one family of contracts, which bears its name; the others look at the kind alone.
    """
    return kind_of(portal) is kind and (kind is not Kind.SELFCARE or portal.value in families)


def asks_for_code(portal: Portal) -> bool:
    """Self-care logins take two steps: the password, then a code by mail. Source: the login guide."""
    return kind_of(portal) is Kind.SELFCARE
