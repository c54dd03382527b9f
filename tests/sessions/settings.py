from pydantic import Field

from chassis.settings import Settings as CommonSettings


class Settings(CommonSettings):
    customer: str = Field(description="code of the customer that everybody belongs to")
    context_signing_key: str = Field(description="private Ed25519 JWK (JSON)")
