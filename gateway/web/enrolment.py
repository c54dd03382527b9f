"""Setting up second factors, in a login and later: the secrets, which are made here and shown once, and the forms."""

import base64
import json
import re
import secrets
from dataclasses import dataclass
from typing import Any

import pyotp
from flask import current_app, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from markupsafe import Markup
from wtforms import HiddenField, StringField
from wtforms.validators import Length

from gateway import language
from gateway.web.qr import qr_code

_SECRET_BYTES = 20
_SECRET = re.compile(r"[A-Z2-7]{32}")
_RECOVERY_CODES = 10
_RECOVERY_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base32: none is mistaken for another


class EnrolmentForm(FlaskForm):
    """The first one-time password for a `secret` that the page shows, or the browser's new passkey (`response`)."""

    code = StringField(_l("ワンタイムパスワード"))
    secret = HiddenField()
    name = StringField(
        _l("パスキーの名前"), [Length(max=64, message=_l("パスキーの名前は64文字以内で入力してください。"))]
    )
    response = HiddenField()

    def brings_passkey(self) -> bool:
        return request.form.get("use") == "passkey"

    def passkey(self) -> dict[str, Any]:
        """What auth is told of a new passkey."""
        return {"response": read_answer(self.response.data), "name": self.name.data or _("パスキー")}

    def shown_secret(self) -> str | None:
        """The secret that the page has shown, so that it can show it again; None: it has shown none."""
        shown = self.secret.data or ""
        return shown if _SECRET.fullmatch(shown) else None


@dataclass(frozen=True)
class TotpSetup:
    """What an authenticator app is told: as text, as address, and as QR code (inline SVG)."""

    secret: str
    uri: str
    qr_code: Markup


def new_totp_secret() -> str:
    """160 random bits in base32."""
    return base64.b32encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def new_recovery_codes() -> list[str]:
    """Ten codes of 50 random bits, as 5 + 5 characters."""
    return ["-".join(_letters(5) for _ in range(2)) for _ in range(_RECOVERY_CODES)]


def totp_setup(secret: str, login_id: str) -> TotpSetup:
    """The secret as the app of `login_id` takes it in, under the operator's name."""
    settings = current_app.config["KAISEN"]
    issuer = settings.operator_name_en if language.current() == "en" else settings.operator_name_ja
    uri = pyotp.TOTP(secret).provisioning_uri(name=login_id, issuer_name=issuer)
    return TotpSetup(secret, uri, qr_code(uri))


def totp_name() -> str:
    """What a one-time password is called in the list of factors."""
    return _("認証アプリ")


def read_answer(field: str | None) -> dict[str, Any]:
    """The authenticator's answer that the page's script has put into a hidden field; empty for anything else."""
    try:
        answer = json.loads(field or "")
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _letters(count: int) -> str:
    return "".join(secrets.choice(_RECOVERY_LETTERS) for _ in range(count))
