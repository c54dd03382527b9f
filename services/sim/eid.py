"""EID: the number of an eUICC, 32 digits of which the last two check the others.

GSMA SGP.02, 2.2.2 and SGP.29; ISO/IEC 7064 MOD 97-10: the whole number leaves 1 when divided by 97.
"""

import re

from chassis.errors import Invalid


def check_eid(eid: str) -> str:
    """The EID as 32 digits; spaces between them are as people write it.

    Raises Invalid "eid.malformed" or "eid.check_digits".
    """
    digits = eid.replace(" ", "")
    if re.fullmatch(r"[0-9]{32}", digits) is None:
        raise Invalid("eid.malformed")
    if int(digits) % 97 != 1:
        raise Invalid("eid.check_digits")
    return digits
