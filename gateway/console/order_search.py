"""The search of orders: the eight conditions of the manual."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import SelectField, StringField

from gateway.web import labels
from gateway.web.forms import SearchForm

ALL = "all"
FIRST_STATUS = "pending"
_ANY = ("", _l("すべて"))


class OrderSearchForm(SearchForm):
    """The customer (顧客名) is the account's own; the page shows it beside these seven."""

    number = StringField(_l("依頼番号"))
    msisdn = StringField(_l("電話番号"))
    serial = StringField(_l("SIM製造番号"))
    kind = SelectField(
        _l("依頼種別"), choices=[_ANY, *labels.ORDER_KIND.items()], default="", validate_choice=False
    )
    service_type = SelectField(
        _l("サービス種別"),
        choices=[_ANY, *labels.ORDER_SERVICE_TYPE.items()],
        default="",
        validate_choice=False,
    )
    applicant = StringField(_l("申込担当者"))
    status = SelectField(
        _l("依頼ステータス"),
        choices=[*((code, label.text) for code, label in labels.ORDER_STATUS.items()), (ALL, _l("すべて"))],
        default=FIRST_STATUS,
        validate_choice=False,
    )

    def conditions(self) -> dict[str, Any]:
        """The conditions that were given, as the address names them; the list begins with what is unprocessed."""
        given = {field.name: (field.data or "").strip()[:200] for field in self}
        given["msisdn"] = given["msisdn"].replace("-", "")  # people copy them hyphenated
        for name, known in (("kind", labels.ORDER_KIND), ("service_type", labels.ORDER_SERVICE_TYPE)):
            if given[name] not in known:
                given[name] = ""
        if given["status"] not in (*labels.ORDER_STATUS, ALL):
            given["status"] = FIRST_STATUS
        return {name: value for name, value in given.items() if value}


def asked(conditions: dict[str, Any]) -> dict[str, Any]:
    """The conditions as the service names them."""
    return {name: value for name, value in conditions.items() if (name, value) != ("status", ALL)}
