"""Who may do what with charges."""

READ = frozenset({"console_viewer"})  # every console role includes it
