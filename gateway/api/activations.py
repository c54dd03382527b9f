"""The activation codes of eSIMs."""

from typing import Any

from apiflask import APIBlueprint
from pydantic import Field

from gateway import rpc
from gateway.api.description import operation
from gateway.api.schema import Answer, example

blueprint = APIBlueprint(
    "api_activations",
    __name__,
    tag={
        "name": "eSIM activation",
        "description": "What a device is given to download the eSIM that was ordered in place of a SIM. It asks for a "
        "proof of the person within the last minutes (`proof.required`).",
    },
)


class Activation(Answer):
    """The activation code (GSMA SGP.22, 4.1); whoever has it can download the eSIM to the device with this EID."""

    model_config = example(
        {
            "activation_code": "LPA:1$smdp.example$(secret)",
            "smdp_address": "smdp.example",
            "matching_id": "(secret)",
            "iccid": "8981040000000000012",
            "eid": "89049032000000000000000000000021",
            "msisdn": "02012345678",
        }
    )

    activation_code: str = Field(description="as text; a QR code with the same text is what devices scan")
    smdp_address: str = Field(description="its first part, for devices that ask for the parts one by one")
    matching_id: str = Field(description="its second part")
    iccid: str
    eid: str
    msisdn: str


@blueprint.get("/orders/<code:number>/activation")
@operation("console", 404, 409)
@blueprint.output(Activation)
def show_activation(number: str) -> Any:
    """Show the activation code of an eSIM that is ready.

    Every time is recorded in the audit trail.
    """
    return rpc.call_sealed("sim.show_activation", number=number)
