"""一時停止 of ticked SIMs."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint
from flask_babel import lazy_gettext as _l
from wtforms import StringField
from wtforms.validators import Length

from gateway.console.selection import Selection, SelectionForm, selected_sims
from gateway.console.wizard import Wizard

blueprint = Blueprint("console_suspensions", __name__, url_prefix="/console/suspensions")


class SuspensionForm(SelectionForm):
    suspension_reason = StringField(
        _l("一時停止理由"), [Length(max=200, message=_l("一時停止理由は200文字以内で入力してください。"))]
    )

    def wanted(self) -> dict[str, Any]:
        return {"suspension_reason": self.suspension_reason.data or "", **super().wanted()}

    def fill(self, order: Mapping[str, Any]) -> None:
        super().fill(order)
        self.suspension_reason.data = order.get("suspension_reason") or ""


_wizard = Wizard("CS", blueprint, SuspensionForm, "console/suspension", selected_sims)
_wizard.register()
Selection(_wizard, _l("一時停止"), ("active",)).register()
