"""The small shared runtime under every Kaisen component: bus, database, time, errors, context, logs.

It knows no word of the domain and imports neither a service nor the gateway.
"""
