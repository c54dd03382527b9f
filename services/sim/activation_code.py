"""The activation code of an eSIM (GSMA SGP.22, 4.1), and the secret part of it as it is stored."""

from chassis.sealing import FieldCipher


def activation_code(smdp_address: str, matching_id: str) -> str:
    """What a device is given, typed or as a QR code, to download its profile."""
    return f"LPA:1${smdp_address}${matching_id}"


def encrypt(cipher: FieldCipher, iccid: str, matching_id: str) -> str:
    """What is stored of a matching ID; it opens for the same profile only."""
    return cipher.encrypt(matching_id, _place(iccid))


def decrypt(cipher: FieldCipher, iccid: str, stored: str) -> str:
    """The matching ID; ValueError if it was stored for another profile, or its key is gone."""
    return cipher.decrypt(stored, _place(iccid))


def _place(iccid: str) -> str:
    return f"esim:{iccid}:matching_id"
