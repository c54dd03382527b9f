"""Stands in for auth's sessions: everybody is the same customer's self-care account.

For tests and benchmarks of the gateway with one service behind it.
"""
