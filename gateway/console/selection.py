"""Choosing the SIMs of an order: a search with tick boxes that are kept over all its pages, or a file of numbers.

What is ticked travels within the one form of the page, whatever its size, and so does what was entered of the order
when somebody comes back to choose anew. Every button of the page sends this form; nothing is stored.

For a kind of order: its form extends SelectionForm, its templates extend those in templates/console/selection, and
`Selection(wizard, title, statuses).register()` adds the page to the wizard's blueprint, at its root.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response
from wtforms import HiddenField

from chassis.errors import Invalid
from gateway import rpc, uploads
from gateway.auth import access
from gateway.console.roles import demand_order_role
from gateway.console.sim_search import SimSearchForm, asked, for_api
from gateway.console.start_date import StartDateForm
from gateway.console.wizard import Answer, OrderForm, Wizard
from gateway.errors import field_errors
from gateway.texts import message
from gateway.web.paging import pager, position
from gateway.web.sorting import heads

PAGE_SIZE = 50
MOST = 10_000
_PART = 2_000
_DEFAULT_SORT = "sim_serial"


class SelectionForm(StartDateForm):
    """Step one of an order for ticked SIMs. `?sim=` in a link to it ticks one."""

    sim_serials = HiddenField()

    @property
    def serials(self) -> list[str]:
        return (self.sim_serials.data or "").split()

    def wanted(self) -> dict[str, Any]:
        return {"sim_serials": self.serials, **super().wanted()}

    def fill(self, order: Mapping[str, Any]) -> None:
        super().fill(order)
        self.sim_serials.data = " ".join(order.get("sim_serials") or [])

    def prefill(self, given: Mapping[str, str]) -> None:
        super().prefill(given)
        self.sim_serials.data = given.get("sim", "")


def selected_sims(form: OrderForm) -> Response | dict[str, Any]:
    """For a wizard's `more`: the SIMs of the form, `sims`; without any, the way to the page that chooses them."""
    serials = (form["sim_serials"].data or "").split()
    found = rpc.call("sim.describe_sims", sim_serials=serials[:MOST])["items"] if serials else []
    if not found:
        return redirect(url_for(".select", change=request.args.get("change")), 303)
    return {"sims": found, "select": url_for(".select", change=request.args.get("change"))}


@dataclass(frozen=True)
class Selection:
    """The page for one kind of order. SIMs with one of `statuses` can be ticked."""

    wizard: Wizard
    title: Any
    statuses: tuple[str, ...]

    def register(self) -> None:
        """Add `select`, the page, and `pick`, its form, at the root of the wizard's blueprint."""
        blueprint = self.wizard.blueprint
        blueprint.add_url_rule("", "select", access("console")(self.select))
        pick = uploads.accepts_customer_file(access("console")(self.pick))
        blueprint.add_url_rule("", "pick", pick, methods=["POST"])

    def select(self) -> Answer:
        """The page with nothing ticked, or with what an order has that is to be changed."""
        demand_order_role()
        order: dict[str, Any] = {}
        if change := request.args.get("change"):
            order = rpc.call("sim.get_order", number=change)["request"]
        return self._page(_Chosen(order), request.args)

    def pick(self) -> Answer:
        """Whatever a button of the page says: another page, sort or search, more ticks, or on to step one."""
        demand_order_role()
        if "reselect" in request.form:
            return self._page(_Chosen(self.wizard.form().wanted()), request.args)
        chosen = _Chosen.of_request()
        here = _arguments(request.form.get("here", ""))
        match request.form.get("do"):
            case "search":
                return self._page(chosen, request.form)
            case "upload":
                return self._upload(chosen, here)
            case "all":
                return self._tick_all(chosen, here)
            case "none":
                return self._page(_Chosen(chosen.order), here)
            case "proceed":
                if not chosen.ticked:
                    return self._page(chosen, here, problems=[message("sims.none")], status=422)
                if len(chosen.ticked) > MOST:
                    problem = message("sims.too_many", {"limit": MOST})
                    return self._page(chosen, here, problems=[problem], status=422)
                return self.wizard.begin(chosen.order | {"sim_serials": list(chosen.ticked)})
        return self._page(chosen, _arguments(request.form.get("go", "")))

    def _page(
        self,
        chosen: "_Chosen",
        arguments: Mapping[str, str],
        *,
        problems: list[str] | None = None,
        rows: list[dict[str, Any]] | None = None,
        status: int = 200,
    ) -> Answer:
        """`problems` are told on top, `rows` are what is wrong in a file."""
        given = MultiDict(arguments)
        form = SimSearchForm(given)
        conditions = {name: value for name, value in form.conditions().items() if name != "status"}
        here, sort = position(PAGE_SIZE, given), given.get("sort") or _DEFAULT_SORT
        answer = rpc.call(
            "sim.list_sims", cursor=here.cursor, limit=here.size, sort=sort, **self._asked(conditions)
        )
        form.offer(answer["plans"])
        kept = conditions | ({} if sort == _DEFAULT_SORT else {"sort": sort})

        again: dict[str, Any] = {**conditions, "limit": here.size}
        shown: dict[str, Any] = given.to_dict(flat=False)

        def sorted_by(other: str) -> str:
            return url_for(".select", **again, sort=other)

        titles = {"msisdn": _("電話番号"), "sim_serial": _("SIM製造番号"), "plan": _("契約プラン")}
        page = render_template(
            "console/selection.html",
            title=self.title,
            statuses=self.statuses,
            form=form,
            sims=answer["items"],
            columns=heads(titles, sort, (), sorted_by),
            pager=pager(here, answer, kept),
            page_size=here.size,
            sort=sort,
            query=_query,
            here=_query(url_for(".select", **shown)),
            ticked=chosen.ticked,
            order=json.dumps(chosen.order, ensure_ascii=False),
            change=request.args.get("change", ""),
            action=url_for(".pick", change=request.args.get("change")),
            csv_url=url_for(
                "api_sims.download_numbers", **for_api(conditions), status=",".join(self.statuses)
            ),
            problems=problems or [],
            rows=rows or [],
        )
        return page, status

    def _upload(self, chosen: "_Chosen", here: Mapping[str, str]) -> Answer:
        """Tick the SIMs of a file's numbers, all of them or none."""
        try:
            text = uploads.read_csv("cp932")
            report = rpc.call("sim.match_sims", text=text, status=list(self.statuses))
        except Invalid as error:
            told = [problem["detail"] for problem in field_errors(error)]
            problems = told or [message(error.code, error.details)]
            return self._page(chosen, here, problems=problems, status=error.status)
        if report["error_count"]:
            rows = [each | {"detail": message(each["code"], each)} for each in report["errors"]]
            problem = message("sims.numbers_refused", {"count": report["error_count"]})
            return self._page(chosen, here, problems=[problem], rows=rows, status=422)
        chosen.ticked |= dict.fromkeys(report["sim_serials"])
        return self._page(chosen, here)

    def _tick_all(self, chosen: "_Chosen", here: Mapping[str, str]) -> Answer:
        """Tick every hit of the search, as long as an order can have them."""
        conditions = SimSearchForm(MultiDict(here)).conditions()
        conditions.pop("status", None)
        cursor: str | None = None
        while len(chosen.ticked) <= MOST:
            part = rpc.call("sim.export_sims", cursor=cursor, limit=_PART, **self._asked(conditions))
            chosen.ticked |= dict.fromkeys(sim["sim_serial"] for sim in part["items"])
            if (cursor := part["next_cursor"]) is None:
                return self._page(chosen, here)
        problem = message("sims.too_many", {"limit": MOST})
        return self._page(_Chosen.of_request(), here, problems=[problem], status=422)

    def _asked(self, conditions: Mapping[str, str]) -> dict[str, Any]:
        return asked(conditions) | {"status": list(self.statuses)}


class _Chosen:
    """What is ticked (`ticked`, serials in the order of ticking), and what was entered of the order before."""

    def __init__(self, order: Mapping[str, Any]) -> None:
        self.order = {name: value for name, value in order.items() if name not in ("kind", "sim_serials")}
        self.ticked: dict[str, None] = dict.fromkeys(order.get("sim_serials") or [])

    @classmethod
    def of_request(cls) -> "_Chosen":
        """What the page held, with the ticks that were set and taken away on it."""
        try:
            order = json.loads(request.form.get("order", ""))
        except ValueError:
            order = None
        chosen = cls(order if isinstance(order, dict) else {})
        chosen.ticked = dict.fromkeys(request.form.get("ticked", "").split())
        ticks = request.form.getlist("tick")
        for serial in request.form.get("shown", "").split():
            if serial not in ticks:
                chosen.ticked.pop(serial, None)
        chosen.ticked |= dict.fromkeys(ticks)
        return chosen


def _query(url: str | None) -> str:
    """The query of one of our own addresses, which a button carries."""
    return urlsplit(url or "").query


def _arguments(query: str) -> MultiDict[str, str]:
    return MultiDict(parse_qsl(query, max_num_fields=50))
