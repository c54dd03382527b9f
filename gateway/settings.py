"""Settings of the gateway; see `chassis.settings` for where values are read from."""

from pydantic import Field

from chassis.settings import CommonSettings


class Settings(CommonSettings):
    """What the gateway needs besides the broker."""

    secret_key: str = Field(
        min_length=32, description="at least 32 random characters that sign the form-token cookie"
    )
    sealing_keys: str = Field(
        description="public JWK set (JSON), one X25519 key a service, `kid` = name of the service"
    )

    rpc_timeout: float = Field(10, gt=0, le=60, description="seconds that one call to a service may take")
    import_timeout: float = Field(120, gt=0, le=900, description="seconds that one CSV import may take")
    max_body_bytes: int = Field(
        65_536, ge=1_024, description="largest request body in bytes, file uploads excepted"
    )
    max_upload_bytes: int = Field(8_388_608, ge=65_536, description="largest uploaded file in bytes (8 MiB)")
    max_list_bytes: int = Field(
        5_242_880, ge=1_024, description="largest list of rejected callers in bytes (5 MiB)"
    )
    max_customer_file_bytes: int = Field(
        5_242_880, ge=65_536, description="largest file in bytes that a customer uploads (5 MiB)"
    )
    trusted_proxies: int = Field(
        0,
        ge=0,
        le=10,
        description="reverse proxies in front whose X-Forwarded-For, -Proto and -Host are believed",
    )
    insecure_cookies: bool = Field(
        False,
        description="also set cookies over plain http on hosts other than localhost; only for closed test networks",
    )
    port: int = Field(8000, ge=1, le=65_535, description="TCP port that gunicorn listens on")
    web_workers: int = Field(2, ge=1, le=64, description="gunicorn processes")
    web_threads: int = Field(
        16, ge=1, le=256, description="requests that one gunicorn process works on at once"
    )

    operator_name_ja: str = Field("ミナト通信", description="operator's name on Japanese pages")
    operator_name_en: str = Field("Minato Telecom", description="operator's name on English pages")
    inquiry_phone: str = Field("0120-000-000", description="customer centre's phone number, as shown")
    inquiry_hours_ja: str = Field(
        "9時〜17時30分（土日祝日・年末年始を除く平日のみ）",
        description="customer centre's hours on Japanese pages",
    )
    inquiry_hours_en: str = Field(
        "9:00 to 17:30 on weekdays (closed on national holidays and at year end)",
        description="customer centre's hours on English pages",
    )
    inquiry_url: str = Field(
        "https://support.minato-telecom.example/selfcare-mail/",
        pattern=r"^https?://",
        description="form through which a customer asks for a change of the registered mail address",
    )
    inquiry_mail_domain: str = Field(
        "minato-telecom.example",
        description="domain that customers must allow mail from to receive login codes",
    )
    privacy_url: str = Field(
        "https://www.minato-telecom.example/privacy/",
        pattern=r"^https?://",
        description="operator's privacy policy",
    )
