"""What the steps of orders for share groups have in common: the month, and the numbers with their upload."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import HiddenField, SelectField, StringField
from wtforms.validators import InputRequired

from chassis.errors import Invalid
from gateway import rpc, uploads
from gateway.auth import access
from gateway.console.roles import demand_order_role
from gateway.console.wizard import Answer, OrderForm, Wizard
from gateway.texts import message
from gateway.web.forms import refuse


class MonthForm(OrderForm):
    # the service knows the months that can be chosen
    start_month = SelectField(
        _l("適用開始月"),
        [InputRequired(_l("適用開始月を選んでください。"))],
        choices=[],
        validate_choice=False,
    )

    def wanted(self) -> dict[str, Any]:
        return {"start_month": self.start_month.data}

    def fill(self, order: Mapping[str, Any]) -> None:
        self.start_month.data = order.get("start_month")


class NumbersForm(MonthForm):
    """The numbers travel in a hidden field, joined by blanks, once a file has been read; `rows` are what is wrong in
    the file, or in the numbers."""

    name = StringField(_l("グループ名"), [InputRequired(_l("グループ名を入力してください。"))])
    file = FileField(_l("加入番号のファイル"))
    numbers = HiddenField()

    rows: list[dict[str, Any]] = []  # noqa: RUF012  (replaced as a whole)
    uploaded = False

    @property
    def listed(self) -> list[str]:
        return (self.numbers.data or "").split()

    def group(self) -> int | None:
        """The group whose numbers may be in the list."""
        raise NotImplementedError

    def wanted(self) -> dict[str, Any]:
        return {"name": self.name.data, "numbers": self.listed, **super().wanted()}

    def fill(self, order: Mapping[str, Any]) -> None:
        super().fill(order)
        self.name.data = order.get("name")
        self.numbers.data = " ".join(order.get("numbers") or [])

    def validate(self, extra_validators: Any = None) -> bool:
        """A file that has been chosen without being uploaded counts as uploaded."""
        good = super().validate(extra_validators)
        return (self.take_file() if self.file.data else self._take("\n".join(self.listed))) and good

    def take_file(self) -> bool:
        """Read the file of the request into `numbers`, if all of it can be taken."""
        self.numbers.data = ""
        try:
            self.uploaded = self._take(uploads.read_csv("cp932"))
        except Invalid as error:
            refuse(self, error, "file")
        return self.uploaded

    def _take(self, text: str) -> bool:
        month = self.start_month.data or None
        try:
            read = rpc.call("sim.read_numbers", text=text, group_id=self.group(), start_month=month)
        except Invalid as error:
            refuse(self, error, "file")
            return False
        if read["error_count"]:
            self.file.errors = [*self.file.errors, message("share.bad_numbers", read)]
            self.rows = [row | {"detail": message(row["code"], row)} for row in read["errors"]]
            return False
        self.numbers.data = " ".join(read["numbers"])
        return True


class ShareWizard(Wizard):
    """With an upload on step one, which shows the numbers of the file."""

    def register(self) -> None:
        super().register()
        view = uploads.accepts_customer_file(access("console")(self.upload))
        self.blueprint.add_url_rule("/upload", "upload", view, methods=["POST"])

    def upload(self) -> Answer:
        demand_order_role()
        form = self.form()
        return self._ask(form, 200 if isinstance(form, NumbersForm) and form.take_file() else 422)


def group_of(group_id: int | None) -> dict[str, Any]:
    found: dict[str, Any] = rpc.call("sim.get_group", group_id=group_id)
    return found


def id_of(value: Any) -> int | None:
    text = str(value or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
