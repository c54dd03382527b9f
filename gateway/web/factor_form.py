"""Proof by a second factor, in a login and later: one form a way, of which a person sends one."""

from typing import Any

from flask import request
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField

from chassis.errors import KaisenError
from gateway.web.enrolment import read_answer
from gateway.web.forms import refuse

SEALED = ("totp", "recovery_code")


class FactorForm(FlaskForm):
    """Shown by `parts/factor_form.html`. Auth judges what is typed, and says what is wrong with its form."""

    totp = StringField(_l("ワンタイムパスワード"))
    recovery_code = StringField(_l("リカバリーコード"))
    assertion = HiddenField()

    def offered(self) -> dict[str, Any]:
        """The one argument of auth's: totp, recovery_code, or assertion (the browser's answer for a passkey)."""
        if self._used == "assertion":
            return {"assertion": read_answer(self.assertion.data)}
        return {self._used: (self._fields[self._used].data or "").strip()}

    def refuse(self, error: KaisenError) -> int:
        """Show the refusal where it belongs; the status to answer with."""
        return refuse(self, error, at=None if self._used == "assertion" else self._used)

    @property
    def _used(self) -> str:
        used = request.form.get("use", "")
        return used if used in ("recovery_code", "assertion") else "totp"
