"""Mails in Japanese: subject and body by name. Their facts and labels, in other words, are the portals' guides'."""

UNKNOWN = "不明"

_NOT_YOU = "お心当たりのない場合は、すぐにお問い合わせ窓口までご連絡ください。\n"
_WHERE = "日時：{at}（日本時間）\nIPアドレス：{client_ip}\nブラウザ：{browser}\n"
_AUTOMATIC = "\n本メールは {operator} が自動でお送りしています。ご返信いただいてもお答えできません。\n"

_ORDER = "\n依頼番号：{number}\n依頼種別：{kind}\n対象：{count}件\n適用開始日：{start_date}\n"
_ORDER_LINK = "\n依頼の詳細（管理コンソールへのログインが必要です）：\n{url}\n"

ORDER_KINDS = {
    "NS": "新規出荷",
    "RC": "リチャージ",
    "GR": "リチャージ(大規模シェア)",
    "CS": "一時停止",
    "RS": "一時停止解除",
    "SR": "SIM再発行",
    "SG": "シェア登録",
    "SC": "シェア変更",
    "SD": "シェア削除",
    "PR": "SIM情報変更",
    "OP": "オプション登録・変更・解除",
    "TM": "解約",
}
BEFORE = "{at} より前（日本時間）"
UNTIL_BEGUN = "処理が始まるまで"

TEXTS: dict[str, tuple[str, str]] = {
    "code": (
        "【{operator}】ログイン認証コードの送付",
        "{operator}の Web サイトでお客様の ID によるログイン操作がありました。\n"
        "本メールは、ログインを完了していただくために自動でお送りしています。\n"
        "\n"
        "ログイン認証コード : {code}\n"
        "\n"
        "認証コードは発行から {minutes} 分間ご利用いただけます。\n"
        "認証コードはほかの方に教えないでください。当社の係員がお尋ねすることはありません。\n"
        "お心当たりのない場合は、お手数ですが本メールを破棄してください。\n",
    ),
    "address_registered": (
        "【{operator}】メールアドレス登録完了のお知らせ",
        "このメールアドレスを、下記のお客様のご連絡先として登録しました。\n"
        "次回のログインから、認証コードはこちらにお届けします。\n"
        "\n"
        "ログインID：{login_id}\n" + _WHERE + "\n" + _NOT_YOU + _AUTOMATIC,
    ),
    "address_replaced": (
        "【{operator}】メールアドレス変更のお知らせ",
        "ご登録のメールアドレスが変更されました。今後、認証コードは新しいメールアドレスにお届けします。\n"
        "\n"
        "ログインID：{login_id}\n"
        "新しいメールアドレス：{address}\n" + _WHERE + "\n" + _NOT_YOU + _AUTOMATIC,
    ),
    "password_changed": (
        "【{operator}】パスワード変更のお知らせ",
        "下記のアカウントのパスワードが変更されました。\n"
        "ほかの端末でのログインは終了しています。\n"
        "\n"
        "ログインID：{login_id}\n" + _WHERE + "\n" + _NOT_YOU + _AUTOMATIC,
    ),
    "login": (
        "【{operator}】ログインのお知らせ",
        "下記のアカウントでログインがありました。\n"
        "\n"
        "ログインID：{login_id}\n" + _WHERE + "\n" + _NOT_YOU + _AUTOMATIC,
    ),
    "account_console": (
        "【管理コンソールポータル】ポータルサイト利用アカウントのご案内",
        "{operator}です。SIM の管理にお使いいただくポータルサイトのアカウントをご用意しました。\n"
        "\n"
        "ログインID：{login_id}\n"
        "パスワード：{password}\n"
        "ログインURL：{url}\n"
        "\n"
        "最初のログインで、ご自身のパスワードを新しくお決めいただきます。\n"
        "このパスワードでログインできるのは {ends_at}（日本時間）までです。\n" + _AUTOMATIC,
    ),
    "account_staff": (
        "【管理コンソールポータル】ポータルサイト利用アカウントのご案内",
        "{operator}の業務に使うアカウントを用意しました。\n"
        "\n"
        "ログインID：{login_id}\n"
        "パスワード：{password}\n"
        "ログインURL：{url}\n"
        "\n"
        "最初のログインで、自分のパスワードを新しく決めてください。\n"
        "このパスワードでログインできるのは {ends_at}（日本時間）までです。\n" + _AUTOMATIC,
    ),
    "account_selfcare": (
        "【{operator}】セルフケアのご利用案内",
        "お客様のセルフケアのパスワードを、下記のとおり新しくしました。\n"
        "\n"
        "セルフケアID：{login_id}\n"
        "セルフケアパスワード：{password}\n"
        "セルフケアサイト：{url}\n"
        "\n"
        "ログインされましたら、お早めにご自身のパスワードへ変更してください。\n" + _AUTOMATIC,
    ),
    "factor_added": (
        "【{operator}】2段階認証の登録のお知らせ",
        "下記のアカウントに、2段階認証の認証方法が登録されました。\n"
        "\n"
        "ログインID：{login_id}\n"
        "認証方法：{name}\n"
        "日時：{at}（日本時間）\n"
        "\n" + _NOT_YOU + _AUTOMATIC,
    ),
    "factor_removed": (
        "【{operator}】2段階認証の削除のお知らせ",
        "下記のアカウントから、2段階認証の認証方法が削除されました。\n"
        "\n"
        "ログインID：{login_id}\n"
        "認証方法：{name}\n"
        "日時：{at}（日本時間）\n"
        "\n" + _NOT_YOU + _AUTOMATIC,
    ),
    "key_created": (
        "【{operator}】APIキー作成のお知らせ",
        "貴社のアカウントで、プログラムから利用するための APIキーが作成されました。\n"
        "\n"
        "APIキーの名前：{name}\n"
        "日時：{at}（日本時間）\n"
        "\n"
        "お心当たりのない場合は、管理コンソールで APIキーを失効させてください。\n" + _AUTOMATIC,
    ),
    "application_received": (
        "【{operator}】050番号追加申込の受付のお知らせ",
        "050番号の追加のお申し込みを受け付けました。番号の準備ができましたら、あらためてお知らせします。\n"
        "\n"
        "申込番号：{number}\n"
        "お申し込みの番号数：{count}\n"
        "\n"
        "お申し込みの内容と状況は、セルフケアの「050番号追加申込」でご確認いただけます。\n" + _AUTOMATIC,
    ),
    "application_issued": (
        "【{operator}】050番号の払出しのお知らせ",
        "お申し込みいただいた050番号をご用意しました。\n"
        "\n"
        "申込番号：{number}\n"
        "払い出した番号数：{count}\n"
        "サービス開始日：{start_date}\n"
        "\n"
        "番号とパスワードは、セルフケアの「ご契約情報照会」でご確認ください。このメールには記載していません。\n"
        + _AUTOMATIC,
    ),
    "application_declined": (
        "【{operator}】050番号追加申込についてのお知らせ",
        "お申し込みいただいた050番号は、下記の理由によりご用意できませんでした。\n"
        "\n"
        "申込番号：{number}\n"
        "お申し込みの番号数：{count}\n"
        "理由：{reason}\n"
        "\n"
        "ご不明な点は、お問い合わせ窓口までご連絡ください。\n" + _AUTOMATIC,
    ),
    "profile_ready": (
        "【{operator}】eSIM の準備完了のお知らせ",
        "SIM再発行のご依頼により、eSIM をご用意しました。端末へダウンロードしてご利用ください。\n"
        "\n"
        "依頼番号：{number}\n"
        "電話番号：{msisdn}\n"
        "\n"
        "アクティベーションコードとQRコードは、管理コンソールポータルの次の画面でご確認いただけます。"
        "このメールには記載していません。\n"
        "{url}\n"
        "\n"
        "これまでのSIMは使えなくなりました。通信できないことをご確認のうえ、破棄してください。\n"
        + _AUTOMATIC,
    ),
    "order_accepted": (
        "【管理コンソールポータル】依頼受付のお知らせ（{number}）",
        "下記の依頼を受け付けました。\n" + _ORDER + "取り消しの期限：{until}\n" + _ORDER_LINK + _AUTOMATIC,
    ),
    "order_changed": (
        "【管理コンソールポータル】依頼変更のお知らせ（{number}）",
        "下記の依頼の内容を変更しました。変更後の内容は次のとおりです。\n"
        + _ORDER
        + "取り消しの期限：{until}\n"
        + _ORDER_LINK
        + _AUTOMATIC,
    ),
    "order_shipped": (
        "【管理コンソールポータル】SIM出荷のお知らせ（{number}）",
        "下記の依頼のSIMを出荷しました。お届け状況は依頼の詳細でご確認ください。\n"
        + _ORDER
        + _ORDER_LINK
        + _AUTOMATIC,
    ),
    "order_completed": (
        "【管理コンソールポータル】依頼完了のお知らせ（{number}）",
        "下記の依頼の処理が完了しました。\n" + _ORDER + _ORDER_LINK + _AUTOMATIC,
    ),
    "order_failed": (
        "【管理コンソールポータル】依頼の異常終了のお知らせ（{number}）",
        "下記の依頼で、処理を正常に終えられなかったものがあります。担当営業へお問い合わせください。\n"
        + _ORDER
        + "異常終了：{failed}件\n"
        + _ORDER_LINK
        + _AUTOMATIC,
    ),
    "order_cancelled": (
        "【管理コンソールポータル】依頼取消のお知らせ（{number}）",
        "下記の依頼を取り消しました。この依頼は実行されません。\n" + _ORDER + _ORDER_LINK + _AUTOMATIC,
    ),
}
