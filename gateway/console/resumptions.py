"""一時停止解除 of ticked SIMs."""

from flask import Blueprint
from flask_babel import lazy_gettext as _l

from gateway.console.selection import Selection, SelectionForm, selected_sims
from gateway.console.wizard import Wizard

blueprint = Blueprint("console_resumptions", __name__, url_prefix="/console/resumptions")

_wizard = Wizard("RS", blueprint, SelectionForm, "console/resumption", selected_sims)
_wizard.register()
Selection(_wizard, _l("一時停止解除"), ("suspended",)).register()
