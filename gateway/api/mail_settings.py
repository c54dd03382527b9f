"""Which mails about their orders the customer's people get."""

from typing import Annotated, Any

from apiflask import APIBlueprint
from pydantic import Field

from gateway import rpc
from gateway.api.description import operation
from gateway.api.schema import Answer, Input, example

blueprint = APIBlueprint(
    "api_mail_settings",
    __name__,
    tag={
        "name": "Mail settings",
        "description": "Mails about orders, for console administrators: by kind of order and by what happens to it.",
    },
)

_MAILS = {"mails": {"RC": {"accepted": True, "changed": True, "completed": False}}}


class MailSettings(Answer):
    model_config = example(_MAILS)

    mails: dict[str, dict[str, bool]] = Field(
        description="by kind of order: accepted, changed, shipped, completed, failed (also in part), cancelled"
    )


class MailChoice(Input):
    """The mails that are to be switched; those that are not named stay as they are."""

    model_config = example(_MAILS)

    mails: Annotated[dict[str, dict[str, bool]], Field(max_length=50)]


@blueprint.get("/mail-settings")
@operation("console")
@blueprint.output(MailSettings)
def get_mail_settings() -> Any:
    """Show which mails are sent."""
    return rpc.call("sim.get_mail_settings")


@blueprint.put("/mail-settings")
@operation("console", 400, 404, 413, 415, 422)
@blueprint.input(MailChoice)
@blueprint.output(MailSettings)
def set_mail_settings(json_data: MailChoice) -> Any:
    """Switch mails on and off."""
    return rpc.call("sim.set_mail_settings", mails=json_data.mails)
