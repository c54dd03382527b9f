"""オプション登録・変更・解除 of ticked SIMs."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint
from flask_babel import lazy_gettext as _l
from wtforms import SelectMultipleField

from gateway.console.selection import Selection, SelectionForm, selected_sims
from gateway.console.wizard import Wizard

blueprint = Blueprint("console_options", __name__, url_prefix="/console/options")


class OptionsForm(SelectionForm):
    # the service knows its options
    add = SelectMultipleField(_l("登録するオプション"), validate_choice=False)
    remove = SelectMultipleField(_l("解除するオプション"), validate_choice=False)

    def wanted(self) -> dict[str, Any]:
        return {"add": self.add.data or [], "remove": self.remove.data or [], **super().wanted()}

    def fill(self, order: Mapping[str, Any]) -> None:
        super().fill(order)
        self.add.data = order.get("add") or []
        self.remove.data = order.get("remove") or []


_wizard = Wizard("OP", blueprint, OptionsForm, "console/options", selected_sims)
_wizard.register()
Selection(_wizard, _l("オプション登録・変更・解除"), ("active", "suspended")).register()
