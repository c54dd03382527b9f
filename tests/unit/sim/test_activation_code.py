"""Activation codes, and how their secret part is stored."""

import base64
import json

import pytest

from chassis.sealing import FieldCipher
from services.sim.activation_code import activation_code, decrypt, encrypt

CIPHER = FieldCipher(json.dumps({"f1": base64.b64encode(bytes(32)).decode()}))
OTHER = FieldCipher(json.dumps({"f2": base64.b64encode(bytes(32)).decode()}))


def test_an_activation_code_names_the_smdp_and_the_profile() -> None:
    assert activation_code("smdp.example", "AB12-CD34") == "LPA:1$smdp.example$AB12-CD34"


def test_a_matching_id_opens_for_its_profile_alone() -> None:
    stored = encrypt(CIPHER, "8981040000000000012", "AB12CD34")
    assert "AB12CD34" not in stored
    assert decrypt(CIPHER, "8981040000000000012", stored) == "AB12CD34"
    for cipher, iccid in ((CIPHER, "8981040000000000020"), (OTHER, "8981040000000000012")):
        with pytest.raises(ValueError, match="cannot be decrypted"):
            decrypt(cipher, iccid, stored)
