"""Passkeys: what a browser is asked, and what its answers are worth.

Source: W3C Web Authentication, Level 2, sections 7.1 (registration) and 7.2 (use). A passkey stands beside a password,
so that it need not verify its owner a second time, and where it was made is not asked for.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self
from urllib.parse import urlsplit
from uuid import UUID

import webauthn
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, options_to_json_dict
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

CHALLENGE_LIFETIME = timedelta(minutes=5)
_WAITING_MS = int(CHALLENGE_LIFETIME.total_seconds() * 1000)
_CREDENTIAL_ID = re.compile(r"[A-Za-z0-9_-]{1,1364}")  # base64url of up to 1,023 bytes


class Refused(Exception):
    """The browser's answer is not accepted. `reason` is `wrong`, or `cloned` for a signature counter that stood still:
    somebody else may have a copy of the key.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Site:
    """The site that the passkeys are for (in the standard's words, the relying party)."""

    host: str
    origin: str
    name: str

    @classmethod
    def at(cls, public_url: str, name: str) -> Self:
        return cls(urlsplit(public_url).hostname or "", public_url, name)


@dataclass(frozen=True)
class Passkey:
    """A registered one; `credential_id` and `public_key` (COSE) are base64url."""

    credential_id: str
    public_key: str
    sign_count: int


def registration_options(
    site: Site, account_id: UUID, login_id: str, known: list[str]
) -> tuple[str, dict[str, Any]]:
    """A new challenge, and what to hand to `navigator.credentials.create`; an authenticator of the `known`
    credentials declines.
    """
    options = webauthn.generate_registration_options(
        rp_id=site.host,
        rp_name=site.name,
        user_id=account_id.bytes,
        user_name=login_id,
        timeout=_WAITING_MS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement.PREFERRED,
        ),
        exclude_credentials=_descriptors(known),
    )
    return bytes_to_base64url(options.challenge), options_to_json_dict(options)


def registered(site: Site, challenge: str, response: dict[str, Any]) -> Passkey:
    """The passkey that the browser has made. Raises Refused."""
    try:
        made = webauthn.verify_registration_response(
            credential=response,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=site.host,
            expected_origin=site.origin,
        )
    except Exception as error:  # parsers of a stranger's bytes: whatever they stumble over
        raise Refused("wrong") from error
    return Passkey(
        bytes_to_base64url(made.credential_id),
        bytes_to_base64url(made.credential_public_key),
        made.sign_count,
    )


def request_options(site: Site, known: list[str]) -> tuple[str, dict[str, Any]]:
    """A new challenge, and what to hand to `navigator.credentials.get`; the `known` credentials may answer."""
    options = webauthn.generate_authentication_options(
        rp_id=site.host,
        timeout=_WAITING_MS,
        allow_credentials=_descriptors(known),
        user_verification=UserVerificationRequirement.PREFERRED,
    )
    return bytes_to_base64url(options.challenge), options_to_json_dict(options)


def credential_id(response: dict[str, Any]) -> str | None:
    """Which credential the browser's answer names; None if it names none."""
    named = response.get("id")
    return named if isinstance(named, str) and _CREDENTIAL_ID.fullmatch(named) else None


def count_after(site: Site, challenge: str, passkey: Passkey, response: dict[str, Any]) -> int:
    """The signature counter after a right answer. Raises Refused."""
    try:
        used = webauthn.verify_authentication_response(
            credential=response,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=base64url_to_bytes(passkey.public_key),
            credential_current_sign_count=0,  # compared below: only a genuine signature tells of a clone
        )
    except Exception as error:  # parsers of a stranger's bytes: whatever they stumble over
        raise Refused("wrong") from error
    count = used.new_sign_count
    if (count or passkey.sign_count) and count <= passkey.sign_count:
        raise Refused("cloned")
    return count


def _descriptors(credential_ids: list[str]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(one)) for one in credential_ids]
