"""URL parts."""

from werkzeug.routing import BaseConverter


class CodeConverter(BaseConverter):
    """`<code:name>`: a contract code, SIM serial, order number or login ID; anything else is an unknown route."""

    regex = r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}"
