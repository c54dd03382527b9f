"""適用開始日: the field of orders that run at once or on a day to come."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms.validators import InputRequired

from chassis import clock
from gateway.console.wizard import OrderForm
from gateway.web.forms import DayField


class StartDateForm(OrderForm):
    """With templates/console/start_date.html in its page; `choices` has the days that can be chosen."""

    start_date = DayField(_l("適用開始日"), [InputRequired(_l("適用開始日を選んでください。"))])

    def wanted(self) -> dict[str, Any]:
        return {"start_date": self.start_date.data and self.start_date.data.isoformat()}

    def fill(self, order: Mapping[str, Any]) -> None:
        day = order.get("start_date")
        self.start_date.data = date.fromisoformat(day) if day else clock.today()

    def prefill(self, given: Mapping[str, str]) -> None:
        self.start_date.data = clock.today()
