"""Who may do what with contracts."""

READ = frozenset({"selfcare"})
IMPORT = frozenset({"staff_operations"})
LOOK_AFTER = frozenset({"staff_support"})
INQUIRE = READ | LOOK_AFTER
OPERATE = frozenset({"staff_operations"})
RETRY = frozenset({"staff_operations"})
