"""SIM管理: the list of SIMs with their state and data use, and one SIM in detail."""

from typing import Any

from flask import Blueprint, current_app, render_template, request, url_for

from gateway import rpc
from gateway.auth import access
from gateway.console.roles import may_order
from gateway.console.sim_search import SimSearchForm, asked, for_api
from gateway.texts.sims import SIM_COLUMNS
from gateway.web.chart import bars
from gateway.web.paging import pager, position
from gateway.web.sorting import heads

blueprint = Blueprint("console_sims", __name__, url_prefix="/console/sims")

PAGE_SIZE = 50
_DEFAULT_SORT = "sim_serial"

# What can be ordered for a SIM by its status: the form's endpoint, which takes `sim`.
_ORDERS = {
    "active": ("recharges", "suspensions", "reissues", "plan_changes", "options", "terminations"),
    "suspended": ("resumptions", "options", "terminations"),
}
_TITLES = {
    "recharges": "RC",
    "suspensions": "CS",
    "resumptions": "RS",
    "reissues": "SR",
    "plan_changes": "PR",
    "options": "OP",
    "terminations": "TM",
}


@blueprint.get("")
@access("console")
def listing() -> str:
    form = SimSearchForm(request.args)
    conditions = form.conditions()
    here, sort = position(PAGE_SIZE), request.args.get("sort") or _DEFAULT_SORT
    answer = rpc.call("sim.list_sims", cursor=here.cursor, limit=here.size, sort=sort, **asked(conditions))
    form.offer(answer["plans"])

    asked_for: dict[str, Any] = {**conditions, "limit": here.size}

    def sorted_by(other: str) -> str:
        return url_for(".listing", **asked_for, sort=other)

    return render_template(
        "console/sims.html",
        form=form,
        sims=answer["items"],
        columns=heads(SIM_COLUMNS, sort, (), sorted_by),
        pager=pager(here, answer, conditions | ({} if sort == _DEFAULT_SORT else {"sort": sort})),
        page_size=here.size,
        sort=sort,
        has_trouble=any(sim["status"] == "error" for sim in answer["items"]),
        csv_url=url_for("api_sims.download_sims", cells="spreadsheet", **for_api(conditions)),
        numbers_url=url_for("api_sims.download_numbers", **for_api(conditions)),
        usage_url=url_for("api_sims_usage.download_daily_usage", cells="spreadsheet"),
    )


@blueprint.get("/<code:sim_serial>")
@access("console")
def detail(sim_serial: str) -> str:
    sim = rpc.call("sim.get_sim", sim_serial=sim_serial)
    usage = rpc.call("sim.sim_usage", sim_serial=sim_serial, month=request.args.get("month") or None)
    return render_template(
        "console/sim.html",
        sim=sim,
        possible=_possible(sim) if may_order() else [],
        usage=usage,
        csv_url=url_for(
            "api_sims_usage.download_sim_usage",
            sim_serial=sim_serial,
            month=usage["month"],
            cells="spreadsheet",
        ),
        days=bars([(day["day"], day["bytes"]) for day in usage["days"]]),
        months=bars([(month["month"], month["bytes"]) for month in usage["months"]]),
    )


def _possible(sim: dict[str, Any]) -> list[tuple[str, str, str]]:
    """The orders that the SIM's status allows: (kind, name of the form, its address)."""
    return [
        (_TITLES[name], name, url_for(endpoint, sim=sim["sim_serial"]))
        for name in _ORDERS.get(sim["status"], ())
        if (endpoint := f"console_{name}.new") in current_app.view_functions
    ]
