"""Accounts, passwords, login codes and sessions of every portal."""
