"""The staff's start page: a search for anything, and the work that is waiting."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask_babel import lazy_gettext as _l

from gateway import rpc
from gateway.auth import access
from gateway.staff.customers import LookupForm

blueprint = Blueprint("staff_start", __name__, url_prefix="/staff")


@dataclass(frozen=True)
class Work:
    """A list of things to do, and how many there are."""

    name: str
    title: Any
    count: int
    url: str


@blueprint.get("/")
@access("staff")
def show() -> str:
    return render_template("staff/start.html", form=LookupForm(request.args), work=_open_work())


def _open_work() -> list[Work]:
    failed = rpc.call("contracts.list_failed_reflections", limit=20)["total"]
    received = rpc.call("contracts.list_applications", state="received", limit=1)["total"]
    registered = rpc.call("contracts.list_terminations", state="registered", limit=1)["total"]
    troubles = rpc.call("sim.count_order_troubles")
    return [
        *(
            Work(f"orders-{name}", title, troubles[name], url_for("staff_orders.listing", trouble=name))
            for name, title in (
                ("failed", _l("異常終了したSIMの依頼")),
                ("overdue", _l("予定時刻を過ぎたSIMの依頼")),
            )
        ),
        Work("applications", _l("受付済の050番号追加申込"), received, url_for("staff_applications.listing")),
        Work("terminations", _l("登録済の解約"), registered, url_for("staff_terminations.listing")),
        Work("reflections", _l("反映に失敗したパスワード"), failed, url_for("staff_reflections.listing")),
    ]
