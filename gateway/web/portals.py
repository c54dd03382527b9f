"""The three self-care portals: each has its own names for the same steps, as its manual gives them."""

from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l


@dataclass(frozen=True)
class Portal:
    """`site` heads every page; the other names are titles of pages. `icon` is a name in icons.html."""

    code: str
    icon: str
    name: Any
    audience: Any
    site: Any
    service: Any
    login_title: Any
    code_title: Any
    menu_title: Any


PORTALS = {
    portal.code: portal
    for portal in (
        Portal(
            code="ip_phone",
            icon="phone",
            name=_l("IP電話"),
            audience=_l("IP電話をご利用のお客様"),
            site=_l("カスタマー・セルフケア・サービス"),
            service=_l("IP加入電話"),
            login_title=_l("セルフケアログイン"),
            code_title=_l("認証コード入力"),
            menu_title=_l("サービス選択画面"),
        ),
        Portal(
            code="mobile_choice",
            icon="mobile",
            name=_l("モバイルチョイス“050”"),
            audience=_l("モバイルチョイス“050”をご利用のお客様"),
            site=_l("モバイルチョイス“050”"),
            service=_l("各種サービス設定・変更"),
            login_title=_l("認証チェック"),
            code_title=_l("認証コードチェック"),
            menu_title=_l("設定内容選択"),
        ),
        Portal(
            code="free_voice",
            icon="headset",
            name=_l("フリーボイス・モバイルチョイス"),
            audience=_l("フリーボイス・モバイルチョイスをご利用のお客様"),
            site=_l("カスタマー・セルフケア・サービス"),
            service=_l("フリーボイス・モバイルチョイス"),
            login_title=_l("セルフケアログイン"),
            code_title=_l("2段階認証"),
            menu_title=_l("サービス選択画面"),
        ),
    )
}
