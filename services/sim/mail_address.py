"""The format of a mail address. Whether it exists, its mail tells."""

import re

# A safe part of RFC 5321: what mail systems in use accept, and nothing that could break out of a header.
_LOCAL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"(?=.{{1,64}}@){_LOCAL}@(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})+")


def is_mail_address(text: str) -> bool:
    return _ADDRESS.fullmatch(text) is not None
