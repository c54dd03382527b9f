"""利用マニュアル of the console. Its texts are `templates/manual/<language>/console/<name>.html`."""

from typing import Any

from flask import Blueprint, Response, render_template
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from gateway import language, rpc
from gateway.auth import access
from gateway.web.formats import gigabytes, yen
from gateway.web.manual import Chapter, one_file, opened

blueprint = Blueprint("console_manual", __name__, url_prefix="/console/manual")

CHAPTERS = (
    Chapter(
        "start",
        _l("管理コンソールポータルの起動"),
        _l("ログイン、パスワードの有効期間、メニューと画面の使い方を説明します。"),
    ),
    Chapter(
        "sims",
        _l("SIM管理"),
        _l("SIM状況一覧、SIMステータス、データ通信量、CSVのダウンロードを説明します。"),
    ),
    Chapter(
        "requests",
        _l("各種依頼の進め方"),
        _l("すべての依頼に共通する、SIMの選び方、入力から完了までの流れ、選べる日を説明します。"),
    ),
    Chapter(
        "shares",
        _l("シェア登録・変更・削除"),
        _l("複数の回線で容量を分け合うグループの作り方と、締切、料金を説明します。"),
    ),
    Chapter(
        "recharges",
        _l("リチャージ"),
        _l("SIMとグループへの容量の追加、料金、有効期限を説明します。"),
    ),
    Chapter(
        "suspensions",
        _l("一時停止・一時停止解除"),
        _l("通信を一時的に止める手順と、再開する手順を説明します。"),
    ),
    Chapter(
        "reissues",
        _l("SIM再発行"),
        _l("同じ電話番号のまま、SIMカードやeSIMを作り直す手順を説明します。"),
    ),
    Chapter(
        "shipments",
        _l("新規出荷"),
        _l("新しいSIMを取り寄せて、使い始めるまでの手順を説明します。"),
    ),
    Chapter(
        "changes",
        _l("SIM情報変更・オプション"),
        _l("プランと案件名の変更、オプションの登録・変更・解除を説明します。"),
    ),
    Chapter(
        "terminations",
        _l("解約"),
        _l("解約の手順と、解約で失われるものを説明します。"),
    ),
    Chapter(
        "deadlines",
        _l("依頼変更・依頼取消"),
        _l("依頼の状態の確かめ方と、変更・取消ができる期限を説明します。"),
    ),
    Chapter(
        "accounts",
        _l("アカウント管理"),
        _l("アカウントの追加、停止、権限、APIキー、監査ログを説明します。"),
    ),
    Chapter(
        "help",
        _l("お困りのときは"),
        _l("よくある表示とその対処、動作環境、お問い合わせ先をまとめています。"),
    ),
)


@blueprint.get("")
@access("console")
def contents() -> str:
    return render_template("console/manual.html", chapters=CHAPTERS)


@blueprint.get("/<code:name>")
@access("console")
def chapter(name: str) -> str:
    """One chapter. Raises NotFound for an unknown one."""
    return render_template("console/manual_chapter.html", **opened(CHAPTERS, name), **_facts())


@blueprint.get("/download")
@access("console")
def download() -> Response:
    return one_file(_("管理コンソールポータル 利用マニュアル"), "console", "console", CHAPTERS, _facts())


def _facts() -> dict[str, Any]:
    """What chapters tell that is not theirs to decide."""
    prices = rpc.call("sim.order_choices", kind="RC")["prices_yen"]
    plans = rpc.call("sim.order_choices", kind="PR")["plans"]
    return {
        "folder": f"manual/{language.current()}/console",
        "prices": [(f"{amount}GB", yen(price)) for amount, price in prices.items()],
        "plans": [(name, f"{gigabytes(size)}GB") for name, size in plans.items()],
    }
