"""Forms of the pages: what all of them share, and how a service's refusal finds its field."""

from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_wtf import FlaskForm
from wtforms import DateField

from chassis.errors import KaisenError
from gateway.errors import field_errors
from gateway.texts import message


class SearchForm(FlaskForm):
    """A form that only asks: it is sent by GET and changes nothing, so it needs no token."""

    class Meta(FlaskForm.Meta):
        csrf = False


class DayField(DateField):
    """A day as `<input type="date">` sends it; browsers without a date picker send whatever was typed."""

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data: date | None = None
        typed = " ".join(valuelist).strip()
        if not typed:
            return
        try:
            self.data = date.fromisoformat(typed.replace("/", "-"))
        except ValueError:
            raise ValueError(_("実在する日付を 2026-03-31 のように入力してください。")) from None


def refuse(form: FlaskForm, error: KaisenError, at: str | None = None) -> int:
    """Show a service's refusal at the fields that it names, else at the field `at`, else on top of the form.

    Returns the status to answer with.
    """
    placed = False
    for problem in field_errors(error):
        pointer = problem.get("pointer", "").strip("/")
        # a field within another object, such as an address, bears its own name on the page
        field: Any = form._fields.get(pointer) or form._fields.get(pointer.rpartition("/")[2])
        if field is not None:
            field.errors = [*field.errors, problem["detail"]]
            placed = True
    if not placed:
        text = message(error.code, error.details)
        if at is None:
            form.form_errors.append(text)
        else:
            form._fields[at].errors = [*form._fields[at].errors, text]
    return error.status
