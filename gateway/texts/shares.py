"""Refusals of orders for share groups, and what is wrong in a list of numbers."""

from typing import Any

from flask_babel import lazy_gettext as _l

SHARES: dict[str, tuple[Any, ...]] = {
    "share.unknown": (_l("該当するシェアグループが見つかりません。一覧から選び直してください。"),),
    "share.ended": (
        _l("このシェアグループは%(ends_on)sに削除されました。ほかのグループを選んでください。"),
        _l("このシェアグループは削除されました。ほかのグループを選んでください。"),
    ),
    "share.not_begun": (
        _l("このシェアグループはまだ始まっていません。適用開始月になってからお申し込みください。"),
    ),
    "share.once_a_month": (
        _l(
            "このシェアグループには、%(month)sからの登録・変更の依頼 %(number)s があります。"
            "登録・変更は月1回までです。ほかの適用開始月を選ぶか、その依頼を変更してください。"
        ),
    ),
    "share.later_order": (
        _l(
            "このシェアグループには、後の月からの依頼 %(number)s があります。"
            "先にその依頼を取り消してからお申し込みください。"
        ),
    ),
    "share.order_pending": (
        _l(
            "このシェアグループには処理の終わっていない依頼 %(number)s があります。"
            "その完了を待つか、取り消してから削除をお申し込みください。"
        ),
    ),
    "share.being_deleted": (
        _l(
            "このシェアグループには削除の依頼 %(number)s があります。"
            "続けて使うときは、その依頼を取り消してからお申し込みください。"
        ),
    ),
    "share.promised_elsewhere": (
        _l(
            "このグループを抜ける番号が、依頼 %(number)s で別のグループに入ります。先にその依頼を取り消してください。"
        ),
    ),
    "share.nothing_changed": (
        _l("現在の内容から変わるところがありません。グループ名か加入番号を変更してください。"),
    ),
    "share.no_numbers": (
        _l("番号が1件もありません。電話番号を1行に1件ずつ書いたファイルを選んでください。"),
    ),
    "share.bad_numbers": (
        _l(
            "登録できない番号が%(error_count)s件あります。下の一覧をご確認のうえ、直したファイルをもう一度アップロードしてください。"
        ),
    ),
    "share.member_count": (_l("加入番号は%(least)s件から%(most)s件までにしてください（現在%(count)s件）。"),),
    "start_month.out_of_range": (
        _l("適用開始月は%(earliest)sから%(latest)sまでの月を選んでください。"),
        _l("適用開始月を選び直してください。"),
    ),
    "share.number_malformed": (_l("電話番号ではありません。この行を直すか、削除してください。"),),
    "share.number_unhyphenated": (
        _l("ハイフンがないか、位置が違います。020-1000-0022 のように入力してください。"),
    ),
    "share.number_duplicate": (_l("%(first_row)s行目と同じ番号です。どちらかの行を削除してください。"),),
    "share.number_unknown": (
        _l("この番号のSIMが見つかりません。登録可能SIMリストにある番号を入力してください。"),
    ),
    "share.number_not_active": (_l("開通済のSIMではありません。この行を削除してください。"),),
    "share.number_grouped": (
        _l("この番号は、その月に別のシェアグループに入っています。この行を削除してください。"),
    ),
}
