"""The contracts service on the bus: who may call what, and with which arguments."""

from chassis.context import Caller
from chassis.csvfile import ImportReport
from chassis.rpc import rpc
from chassis.service import Database, SettingsProvider
from services.contracts.adapters.switch import SwitchProvider
from services.contracts.methods.applications import ApplicationMethods
from services.contracts.methods.assignments import AssignmentMethods
from services.contracts.methods.bulk import BulkMethods
from services.contracts.methods.calls import CallMethods
from services.contracts.methods.customers import CustomerMethods
from services.contracts.methods.inquiry import InquiryMethods
from services.contracts.methods.mobile_masters import MasterMethods
from services.contracts.methods.numbers import NumberMethods
from services.contracts.methods.pairs import PairMethods
from services.contracts.methods.passwords import PasswordMethods
from services.contracts.methods.rejections import RejectionMethods
from services.contracts.methods.terminations import TerminationMethods
from services.contracts.permissions import IMPORT
from services.contracts.usecases import importing


class Service(
    InquiryMethods,
    CallMethods,
    MasterMethods,
    AssignmentMethods,
    RejectionMethods,
    BulkMethods,
    PairMethods,
    CustomerMethods,
    ApplicationMethods,
    NumberMethods,
    TerminationMethods,
    PasswordMethods,
):
    name = "contracts"

    uow = Database()
    settings = SettingsProvider()
    switch = SwitchProvider()

    @rpc(IMPORT, sealed=("text",))
    def import_csv(
        self, caller: Caller, *, kind: importing.Kind, mode: importing.Mode, text: str
    ) -> ImportReport:
        with self.uow() as uow:
            return importing.import_csv(uow, self.settings, caller, kind, mode, text)
