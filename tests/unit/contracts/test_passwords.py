"""Line passwords as they are stored."""

import base64
import json
import os
import secrets

import pytest

from chassis.sealing import FieldCipher
from services.contracts.passwords import decrypt, encrypt

CIPHER = FieldCipher(json.dumps({"test": base64.b64encode(os.urandom(32)).decode()}))
LINE, OTHER_LINE = "05058051234", "05058051235"


def test_a_password_comes_back_for_its_line_and_purpose_alone() -> None:
    password = secrets.token_urlsafe(6)
    stored = encrypt(CIPHER, LINE, "line_password", password)
    assert stored is not None
    assert password not in stored
    assert decrypt(CIPHER, LINE, "line_password", stored) == password
    with pytest.raises(ValueError, match="cannot be decrypted"):
        decrypt(CIPHER, OTHER_LINE, "line_password", stored)
    with pytest.raises(ValueError, match="cannot be decrypted"):
        decrypt(CIPHER, LINE, "addon_password", stored)


def test_no_password_is_stored_as_none() -> None:
    assert encrypt(CIPHER, LINE, "line_password", None) is None
