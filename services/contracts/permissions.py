"""Who may do what with contracts."""

READ = frozenset({"selfcare"})
IMPORT = frozenset({"staff_operations"})
