"""The search of share groups, from which their orders begin."""

from typing import Any

from flask import render_template, request, url_for
from flask_babel import lazy_gettext as _l
from wtforms import SelectField, StringField

from gateway import rpc
from gateway.web import labels
from gateway.web.forms import SearchForm
from gateway.web.paging import pager, position

PAGE_SIZE = 50
_CONDITIONS = ("name", "creator", "msisdn")


class GroupSearchForm(SearchForm):
    name = StringField(_l("グループ名"))
    creator = StringField(_l("作成者"))
    msisdn = StringField(_l("SIM電話番号"))
    type = SelectField(
        _l("タイプ"),
        choices=[("", _l("すべて")), *labels.SHARE_TYPE.items()],
        default="",
        validate_choice=False,
    )

    def conditions(self) -> dict[str, Any]:
        given = {name: (self[name].data or "").strip() for name in _CONDITIONS}
        return {name: value for name, value in given.items() if value}


def groups_page(title: Any, choose: str | None, *, with_usage: bool = False) -> str:
    """The list of groups; the name of each leads to the endpoint `choose`, which is given `group`."""
    form = GroupSearchForm(request.args)
    here = position(PAGE_SIZE)
    conditions = form.conditions()
    answer = rpc.call("sim.list_groups", cursor=here.cursor, limit=here.size, **conditions)
    return render_template(
        "console/share_groups.html",
        title=title,
        form=form,
        groups=answer["items"],
        pager=pager(here, answer, conditions),
        page_size=here.size,
        with_usage=with_usage,
        listing=choose is None,
        clear=request.path,
        link=lambda group: (
            url_for(choose, group=group["group_id"])
            if choose
            else url_for(".detail", group_id=group["group_id"])
        ),
    )
