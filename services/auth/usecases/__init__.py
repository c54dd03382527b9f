"""What the auth service does, one function an action."""
