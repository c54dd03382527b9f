"""The fields of orders for SIM cards: whereto and when, and who is asked about it."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectField, StringField
from wtforms.validators import ValidationError

from gateway.auth import current_account
from gateway.console.wizard import OrderForm
from gateway.web.forms import DayField

ADDRESS = ("postcode", "prefecture", "city", "street", "building", "recipient", "phone")


class DeliveryForm(OrderForm):
    """With templates/console/delivery_fields.html in its page. The service knows what it takes."""

    sim_size = RadioField(_l("SIMサイズ"), validate_choice=False)
    contact_name = StringField(_l("出荷依頼担当者名"))
    contact_mail = StringField(_l("担当者メールアドレス"))
    postcode = StringField(_l("郵便番号"))
    prefecture = SelectField(_l("都道府県"), validate_choice=False)
    city = StringField(_l("市区町村"))
    street = StringField(_l("町名・番地"))
    building = StringField(_l("建物名・部屋番号"))
    recipient = StringField(_l("受取人名"))
    phone = StringField(_l("受取人の電話番号"))
    dated = RadioField(
        _l("納品日の指定"),
        choices=[("no", _l("指定しない")), ("yes", _l("指定する"))],
        default="no",
        validate_choice=False,
    )
    delivery_date = DayField(_l("納品日"))

    def validate_delivery_date(self, field: DayField) -> None:
        if self.dated.data == "yes" and field.data is None and not field.errors:
            raise ValidationError(_("納品日を選んでください。"))

    def wanted(self) -> dict[str, Any]:
        day = self.delivery_date.data if self.dated.data == "yes" else None
        return {
            "sim_size": self.sim_size.data or "",
            "contact_name": (self.contact_name.data or "").strip(),
            "contact_mail": (self.contact_mail.data or "").strip(),
            "delivery": {name: (self[name].data or "").strip() for name in ADDRESS},
            "delivery_date": day and day.isoformat(),
        }

    def fill(self, order: Mapping[str, Any]) -> None:
        self.sim_size.data = order.get("sim_size")
        self.contact_name.data = order.get("contact_name")
        self.contact_mail.data = order.get("contact_mail")
        self._fill_address(order.get("delivery") or {})
        day = order.get("delivery_date")
        self.dated.data = "yes" if day else "no"
        self.delivery_date.data = date.fromisoformat(day) if day else None

    def fill_last(self, last: Mapping[str, Any]) -> None:
        """Begin with the delivery before, or with what is known of the account."""
        account = current_account()
        self.dated.data = "no"
        self.contact_name.data = last.get("contact_name")
        self.contact_mail.data = last.get("contact_mail")
        self._fill_address(last.get("delivery") or {"recipient": account and account.customer_name})

    def offer(self, choices: Mapping[str, Any]) -> None:
        """Let the sizes and prefectures be chosen that the service knows."""
        self.sim_size.choices = [(size, size) for size in choices["sim_sizes"]]
        self.prefecture.choices = [
            ("", _("選んでください")),
            *((name, name) for name in choices["prefectures"]),
        ]

    def _fill_address(self, delivery: Mapping[str, Any]) -> None:
        for name in ADDRESS:
            self[name].data = delivery.get(name) or ""
