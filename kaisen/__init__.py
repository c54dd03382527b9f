"""The `kaisen` command: what staff and operators do from a terminal."""
