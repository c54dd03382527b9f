"""Who may do what with charges and cards."""

READ = frozenset({"console_viewer"})  # every console role includes it
CARD = frozenset({"selfcare"})
