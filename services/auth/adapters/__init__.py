"""The outside world of the auth service."""
