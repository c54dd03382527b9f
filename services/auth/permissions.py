"""Who may call what. Logging in and out is open to everybody: the methods decide by what they are given."""

IMPORT = frozenset({"staff_operations"})
