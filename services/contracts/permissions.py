"""Who may do what with contracts."""

READ = frozenset({"selfcare"})
IMPORT = frozenset({"staff_operations"})
LOOK_AFTER = frozenset({"staff_support"})
RETRY = frozenset({"staff_operations"})
