"""The whole product in one command, for a machine that has Python and nothing else.

Composes what runs elsewhere as containers: an embedded PostgreSQL, the in-memory bus, the four services, the gateway,
and the sandbox as a process of its own. It is the only code that knows all parts.
"""
