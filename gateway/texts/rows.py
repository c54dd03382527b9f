"""Texts of what is wrong in a row of an imported CSV file, by code."""

from typing import Any

from flask_babel import lazy_gettext as _l

ROWS: dict[str, tuple[Any, ...]] = {
    "import.not_csv": (_l("CSVとして読み取れません。引用符の閉じ忘れなどをご確認ください。"),),
    "import.column_missing": (_l("必要な列がありません。見出し行に追加してください。"),),
    "import.column_unknown": (_l("使われない列です。見出し行から削除するか、列名を修正してください。"),),
    "import.column_twice": (_l("同じ列名が2回あります。見出し行を修正してください。"),),
    "import.column_count": (
        _l("列の数が見出し行と違います（見出し%(expected)s列、この行%(found)s列）。"),
        _l("列の数が見出し行と違います。"),
    ),
    "import.duplicate": (
        _l("同じキーの行が%(first_row)s行目にもあります。どちらかを削除してください。"),
        _l("同じキーの行がほかにもあります。"),
    ),
    "import.blank": (_l("値がありません。この列は空欄にできません。"),),
    "import.unknown_value": (
        _l("この列に使える値ではありません。取り込み手順の一覧にある値を指定してください。"),
    ),
    "import.bad_date": (_l("実在する日付をYYYY-MM-DDの形式で指定してください。"),),
    "import.bad_channels": (_l("チャンネルは1から9999までの整数で指定してください。"),),
    "import.bad_text": (_l("200文字以内で、改行などの制御文字を含めずに指定してください。"),),
    "import.bad_host": (_l("ホスト名またはIPアドレスを指定してください。"),),
    "import.bad_code": (
        _l("コードの形式が正しくありません。払い出されたコードを半角でそのまま指定してください。"),
    ),
    "import.bad_account_id": (_l("アカウントIDは半角英数字と . _ @ - の64文字以内で指定してください。"),),
    "import.bad_phone": (
        _l("電話番号は半角数字のみ（ハイフンなし）で指定してください。桁数もご確認ください。"),
    ),
    "import.bad_password": (_l("パスワードに使えない文字が含まれているか、長さが正しくありません。"),),
    "import.bad_login_id": (
        _l("ログインIDは半角英数字と . _ @ - の3文字以上64文字以内で指定してください。"),
    ),
    "import.bad_email": (_l("メールアドレスの形式が正しくありません。"),),
    "import.bad_role": (
        _l("このアカウント種別では使えない権限です。種別と権限の組み合わせをご確認ください。"),
    ),
    "import.customer_missing": (_l("お客様のアカウントにはお客様コードが必要です。"),),
    "import.customer_not_allowed": (
        _l("社内スタッフのアカウントにはお客様コードを指定できません。空欄にしてください。"),
    ),
    "import.family_mismatch": (
        _l("サービス種別がサービス系統に含まれていません。組み合わせをご確認ください。"),
    ),
    "import.end_before_start": (_l("サービス終了日がサービス開始日より前です。日付をご確認ください。"),),
    "import.mobile_twice": (
        _l("同じ携帯番号が%(first_row)s行目にもあります。どちらかを直してください。"),
        _l("同じ携帯番号がほかの行にもあります。どちらかを直してください。"),
    ),
    "import.mobile_paired": (
        _l(
            "この携帯番号は、サービス提供中のほかの回線に登録されています。空欄にするか、番号をご確認ください。"
        ),
    ),
    "import.paired_meanwhile": (
        _l("取り込む間に、同じ携帯番号がほかの回線に登録されました。もう一度検証してください。"),
    ),
    "import.bad_time": (
        _l("日時をタイムゾーン付きのISO 8601形式（例：2026-04-01T09:00:00+09:00）で指定してください。"),
    ),
    "import.bad_bytes": (_l("データ量はバイト単位の整数（15桁以内）で指定してください。"),),
    "import.bad_serial": (_l("SIM製造番号は半角英数字4文字以上32文字以内で指定してください。"),),
    "import.unknown_plan": (
        _l("登録されていないプランです。次のいずれかを指定してください：%(allowed)s"),
        _l("登録されていないプランです。"),
    ),
    "import.unknown_customer": (_l("お客様コードが登録されていません。先に顧客を取り込んでください。"),),
    "import.unknown_contract": (_l("契約コードが登録されていません。先に契約を取り込んでください。"),),
    "import.unknown_sim": (_l("SIM製造番号が登録されていません。先にSIMを取り込んでください。"),),
    "import.bad_destination": (_l("通話先電話番号は、半角の数字と * # + の32文字以内で指定してください。"),),
    "import.bad_duration": (_l("通話時間は秒単位の整数（7桁以内）で指定してください。"),),
    "import.bad_charge": (_l("通話料金は円単位の整数（8桁以内）で指定してください。"),),
    "import.call_too_old": (
        _l("保存期間より前の通話です。%(first_month)s以降の通話だけを取り込めます。"),
        _l("保存期間より前の通話です。この行を削除してください。"),
    ),
    "import.call_in_future": (_l("通話の開始が現在より後です。日時をご確認ください。"),),
    "import.unknown_line": (_l("電話番号が登録されていません。先に回線を取り込んでください。"),),
    "import.line_not_in_service": (
        _l("通話の日に、この電話番号の回線はサービスを提供していません。日時と電話番号をご確認ください。"),
    ),
    "import.record_differs": (
        _l("同じ記録IDが別の内容で登録されています。記録IDまたは内容をご確認ください。"),
    ),
    "import.key_conflict": (
        _l("同じキーが別のお客様または別の種別で登録されています。キーをご確認ください。"),
    ),
}
