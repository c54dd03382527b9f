"""解約 of ticked SIMs."""

from flask import Blueprint
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField

from chassis.errors import Invalid
from gateway.console.selection import Selection, SelectionForm, selected_sims
from gateway.console.wizard import AgreementForm, Wizard

blueprint = Blueprint("console_terminations", __name__, url_prefix="/console/terminations")


class FinalAgreementForm(AgreementForm):
    """Nobody ends SIMs for good without having been told so."""

    understood = BooleanField()

    def missing(self) -> Invalid | None:
        return None if self.understood.data else Invalid("termination.not_confirmed")


_wizard = Wizard(
    "TM", blueprint, SelectionForm, "console/termination", selected_sims, agreement=FinalAgreementForm
)
_wizard.register()
Selection(_wizard, _l("解約"), ("active", "suspended")).register()
