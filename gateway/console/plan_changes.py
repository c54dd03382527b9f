"""SIM情報変更 of ticked SIMs: another plan, another name of their project."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint
from flask_babel import lazy_gettext as _l
from wtforms import RadioField, StringField
from wtforms.validators import Length

from gateway.console.selection import Selection, SelectionForm, selected_sims
from gateway.console.wizard import Wizard

blueprint = Blueprint("console_plan_changes", __name__, url_prefix="/console/plan-changes")


class PlanChangeForm(SelectionForm):
    """An empty field leaves what the SIMs have."""

    plan = RadioField(_l("新しいプラン"), validate_choice=False)  # the service knows its plans
    project_name = StringField(
        _l("新しい案件名"), [Length(max=200, message=_l("案件名は200文字以内で入力してください。"))]
    )

    def wanted(self) -> dict[str, Any]:
        name = (self.project_name.data or "").strip()
        return {"plan": self.plan.data or None, "project_name": name or None, **super().wanted()}

    def fill(self, order: Mapping[str, Any]) -> None:
        super().fill(order)
        self.plan.data = order.get("plan") or ""
        self.project_name.data = order.get("project_name") or ""


_wizard = Wizard("PR", blueprint, PlanChangeForm, "console/plan_change", selected_sims)
_wizard.register()
Selection(_wizard, _l("SIM情報変更"), ("active", "suspended")).register()
