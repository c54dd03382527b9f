"""The forms of groups and usage limits."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, IntegerField, SelectField, StringField
from wtforms.validators import DataRequired, ValidationError
from wtforms.widgets import TextInput

MOST_BANDS = 10
_FIRST_ROWS = 3
_MORE_ROWS = 3

DAYS = {
    "every_day": _l("毎日"),
    "weekdays": _l("平日"),
    "weekends_and_holidays": _l("土日祝日"),
}


class MasterForm(FlaskForm):
    """`version` is empty for a new one, else that of the state which was shown."""

    code = StringField(_l("コード"))
    name = StringField(_l("名称"), [DataRequired(_l("名称を入力してください。"))])
    version = HiddenField()

    def validate_code(self, field: StringField) -> None:
        if not self.version.data and not (field.data or "").strip():
            raise ValidationError(_("コードを入力してください。"))

    def fill(self, stored: dict[str, Any]) -> None:
        self.code.data, self.name.data = stored["code"], stored["name"]
        self.version.data = stored["version"]

    def wanted(self) -> dict[str, Any]:
        """What the service is asked to store, without the code."""
        return {"name": self.name.data}

    def show_rows(self, more: bool) -> None:
        """Make the form as long as it needs to be."""

    def field_of(self, pointer: str) -> str:
        """The name of the field that the service calls by this pointer."""
        return pointer


class GroupForm(MasterForm):
    """A group has a name alone."""


class _CeilingField(IntegerField):
    """A whole number that may be left out and may have thousands separated."""

    widget = TextInput()

    def process_formdata(self, valuelist: list[str]) -> None:
        typed = "".join(valuelist).strip().replace(",", "")
        self.data: int | None = None
        if typed:
            if not (typed.isascii() and typed.isdigit() and len(typed) < 16):
                raise ValueError(_("月間の上限額は、円単位の整数を半角数字で入力してください。"))
            self.data = int(typed)


class LimitForm(MasterForm):
    """Time bands are fields: `band_0_days`, `band_0_start`, `band_0_end` and so on; blank rows are none."""

    bars_international = BooleanField(_l("国際通話"))
    bars_premium = BooleanField(_l("有料情報サービスなど（ナビダイヤル、Q2など）"))
    bars_directory = BooleanField(_l("番号案内（104）"))
    monthly_ceiling = _CeilingField(_l("月間の上限額（円）"))
    rows = IntegerField(default=_FIRST_ROWS)

    def fill(self, stored: dict[str, Any]) -> None:
        super().fill(stored)
        for name in ("bars_international", "bars_premium", "bars_directory", "monthly_ceiling"):
            self[name].data = stored[name]
        for row, band in enumerate(stored["bands"]):
            for name, value in band.items():
                self[f"band_{row}_{name}"].data = value
        self.rows.data = len(stored["bands"]) + 1

    def wanted(self) -> dict[str, Any]:
        names = ("bars_international", "bars_premium", "bars_directory", "monthly_ceiling")
        terms = {name: self[name].data for name in names}
        bands = [
            {name: (self[f"band_{row}_{name}"].data or "").strip() for name in ("days", "start", "end")}
            for row in self._used_rows()
        ]
        return {"name": self.name.data, "terms": {**terms, "bands": bands}}

    def show_rows(self, more: bool) -> None:
        used = max(self._used_rows(), default=-1) + 1
        wanted = max(self.rows.data or 0, used, _FIRST_ROWS) + (_MORE_ROWS if more else 0)
        self.rows.data = min(wanted, MOST_BANDS)

    def field_of(self, pointer: str) -> str:
        match pointer.split("/"):
            case ["bands", place, name]:
                return f"band_{self._used_rows()[int(place)]}_{name}"
        return pointer

    def _used_rows(self) -> list[int]:
        return [
            row
            for row in range(MOST_BANDS)
            if (self[f"band_{row}_start"].data or "").strip() or (self[f"band_{row}_end"].data or "").strip()
        ]


for _row in range(MOST_BANDS):
    setattr(
        LimitForm,
        f"band_{_row}_days",
        SelectField(_l("曜日"), choices=list(DAYS.items()), validate_choice=False),
    )
    setattr(LimitForm, f"band_{_row}_start", StringField(_l("から")))
    setattr(LimitForm, f"band_{_row}_end", StringField(_l("まで")))
