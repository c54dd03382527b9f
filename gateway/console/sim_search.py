"""The search of SIMs, the same on every page that has one."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import SelectField, StringField

from gateway.web import labels
from gateway.web.forms import SearchForm

_ALL = ("", _l("すべて"))
_RESTRICTED = {"yes": True, "no": False}


class SimSearchForm(SearchForm):
    serial = StringField(_l("SIM製造番号"))
    msisdn = StringField(_l("電話番号"))
    status = SelectField(
        _l("ステータス"),
        choices=[_ALL, *((code, label.text) for code, label in labels.SIM_STATUS.items())],
        default="",
        validate_choice=False,
    )
    service_type = SelectField(
        _l("サービス種別"),
        choices=[_ALL, *labels.SIM_SERVICE_TYPE.items()],
        default="",
        validate_choice=False,
    )
    plan = SelectField(_l("契約プラン"), default="", validate_choice=False)
    sim_type = SelectField(
        _l("SIM種別"), choices=[_ALL, *labels.SIM_TYPE.items()], default="", validate_choice=False
    )
    project_name = StringField(_l("案件名"))
    restricted = SelectField(
        _l("速度制限"),
        choices=[_ALL, ("yes", _l("制限中")), ("no", _l("なし"))],
        default="",
        validate_choice=False,
    )

    def conditions(self) -> dict[str, str]:
        """The conditions that were given, as an address names them."""
        given = {field.name: (field.data or "").strip() for field in self}
        given["msisdn"] = given["msisdn"].replace("-", "")  # people copy them hyphenated
        for name, known in (
            ("status", labels.SIM_STATUS),
            ("service_type", labels.SIM_SERVICE_TYPE),
            ("sim_type", labels.SIM_TYPE),
            ("restricted", _RESTRICTED),
        ):
            if given[name] not in known:
                given[name] = ""
        return {name: value[:200] for name, value in given.items() if value}

    def offer(self, plans: Iterable[str]) -> None:
        """Let one of these plans be chosen."""
        self.plan.choices = [_ALL, *((plan, plan) for plan in plans)]


def asked(conditions: Mapping[str, str]) -> dict[str, Any]:
    """The conditions as the service names them."""
    wanted: dict[str, Any] = dict(conditions)
    if "restricted" in wanted:
        wanted["restricted"] = _RESTRICTED[wanted["restricted"]]
    return wanted


def for_api(conditions: Mapping[str, str]) -> dict[str, Any]:
    """The conditions as the API's addresses name them."""
    wanted = asked(conditions)
    return wanted | ({"restricted": str(wanted["restricted"]).lower()} if "restricted" in wanted else {})
