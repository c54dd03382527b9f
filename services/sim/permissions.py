"""Who may do what with SIMs and orders."""

READ = frozenset({"console_viewer"})
ORDER = frozenset({"console_operator"})
IMPORT = frozenset({"staff_operations"})
ADMINISTER = frozenset({"console_administrator"})
LOOK = frozenset({"staff_support"})
OPERATE = frozenset({"staff_operations"})
