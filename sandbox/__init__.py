"""Stand-ins for the outside world: a clock that can be moved, a mailbox, a carrier network, an SM-DP+, a
SIP switch and a payment provider.

For development, tests and the demo only. It runs as a process of its own (`python -m sandbox`), and nothing
in the product imports it: services reach it over the same HTTP and SMTP as they reach the real systems.
"""
