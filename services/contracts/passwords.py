"""The two passwords of a line, as they are stored: encrypted, and bound to their line and their purpose."""

from typing import Literal

from chassis.sealing import FieldCipher

Purpose = Literal["line_password", "addon_password"]


def encrypt(cipher: FieldCipher, phone_number: str, purpose: Purpose, password: str | None) -> str | None:
    """What is stored of a password; none stays none. It opens for the same line and purpose only."""
    if password is None:
        return None
    return cipher.encrypt(password, _place(phone_number, purpose))


def decrypt(cipher: FieldCipher, phone_number: str, purpose: Purpose, stored: str) -> str:
    """The password; ValueError if it was stored for another line or purpose, or its key is gone."""
    return cipher.decrypt(stored, _place(phone_number, purpose))


def encrypt_new(cipher: FieldCipher, phone_number: str, version: int, password: str) -> str:
    """What is stored of a line password that is not in force yet; it opens for this change of the line only."""
    return cipher.encrypt(password, _place_of_change(phone_number, version))


def decrypt_new(cipher: FieldCipher, phone_number: str, version: int, stored: str) -> str:
    """The password of a change; ValueError if it was stored for another one, or its key is gone."""
    return cipher.decrypt(stored, _place_of_change(phone_number, version))


def _place_of_change(phone_number: str, version: int) -> str:
    return f"{_place(phone_number, 'line_password')}:change:{version}"


def _place(phone_number: str, purpose: Purpose) -> str:
    return f"line:{phone_number}:{purpose}"
