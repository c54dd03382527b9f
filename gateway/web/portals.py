"""The three self-care portals: each has its own names and buttons for the same steps, as its manual gives them."""

from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l


@dataclass(frozen=True)
class Portal:
    """`site` heads every page; names ending in `_title` are titles of pages. `icon` is a name in icons.html.

    `resets` are the pages whose form has a button リセット: login, code, recovery. `recovery_link` leads from the code
    page to the one where another mail address is registered; that one has a button 戻る if `recovery_back`. A wrong
    phone number is told there, in the portal's own words if it has some (`mismatch`), or on a page of its own.
    """

    code: str
    icon: str
    name: Any
    audience: Any
    site: Any
    service: Any
    login_title: Any
    login_lead: Any
    code_title: Any
    menu_title: Any
    menu_lead: Any
    recovery_link: Any
    recovery_back: bool = False
    resets: frozenset[str] = frozenset()
    mismatch: Any = ""
    mismatch_page: bool = False


_NO_MAIL = _l("メールアドレス未登録の方・メールが届かない方はこちら")

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
            login_lead=_l("ログインのための認証チェックを行います。"),
            code_title=_l("認証コード入力"),
            menu_title=_l("サービス選択画面"),
            menu_lead=_l("ご覧になりたい情報や、変更したい設定を、下のメニューからお選びください。"),
            recovery_link=_NO_MAIL,
            recovery_back=True,
            resets=frozenset({"login"}),
        ),
        Portal(
            code="mobile_choice",
            icon="mobile",
            name=_l("モバイルチョイス“050”"),
            audience=_l("モバイルチョイス“050”をご利用のお客様"),
            site=_l("モバイルチョイス“050”"),
            service=_l("各種サービス設定・変更"),
            login_title=_l("認証チェック"),
            login_lead=_l("各種サービスの設定に進む前に、ご本人であることを確認します。"),
            code_title=_l("認証コードチェック"),
            menu_title=_l("設定内容選択"),
            menu_lead=_l("設定や変更をしたい内容を、下のメニューからお選びください。"),
            recovery_link=_NO_MAIL,
            resets=frozenset({"login", "code", "recovery"}),
            mismatch=_l("認証できませんでした。連絡先電話番号をご確認のうえ、もう一度入力してください。"),
        ),
        Portal(
            code="free_voice",
            icon="headset",
            name=_l("フリーボイス・モバイルチョイス"),
            audience=_l("フリーボイス・モバイルチョイスをご利用のお客様"),
            site=_l("カスタマー・セルフケア・サービス"),
            service=_l("フリーボイス・モバイルチョイス"),
            login_title=_l("セルフケアログイン"),
            login_lead=_l("ログインのための認証チェックを行います。"),
            code_title=_l("2段階認証"),
            menu_title=_l("サービス選択画面"),
            menu_lead=_l("ご覧になりたい情報や、変更したい設定を、下のメニューからお選びください。"),
            recovery_link=_l("メールアドレス登録・変更"),
            mismatch_page=True,
        ),
    )
}
