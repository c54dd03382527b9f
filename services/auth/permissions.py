"""Who may call what. Steps of a login are open to everybody: the methods decide by what they are given.

A higher role brings the lower ones of its kind with it, so that naming the lowest one is enough. The roles of persons
are those that an API key does not have: a key has no password, sessions or factors.
"""

ANY = frozenset({"selfcare", "console_person", "staff_person"})
WITH_FACTORS = frozenset({"console_person", "staff_person"})
CONSOLE_ADMINISTRATION = frozenset({"console_administrator"})
STAFF_ADMINISTRATION = frozenset({"staff_administrator"})
ADMINISTRATION = CONSOLE_ADMINISTRATION | STAFF_ADMINISTRATION
OVERSIGHT = frozenset({"console_administrator", "staff_support"})  # reads accounts and the audit trail
IMPORT = frozenset({"staff_operations"})
