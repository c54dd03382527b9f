"""Refusals of orders for SIM cards, of the shipping desk and of the stock, by code."""

from typing import Any

from flask_babel import lazy_gettext as _l

SHIPPING: dict[str, tuple[Any, ...]] = {
    "order.fields": (_l("入力内容に誤りがあります。各項目をご確認ください。"),),
    "delivery.blank": (_l("この項目を入力してください。"),),
    "delivery.mail": (
        _l("メールアドレスの形式が正しくありません。name@example.jp のように入力してください。"),
    ),
    "delivery.phone": (_l("電話番号は0から始まる10桁または11桁の数字で入力してください。"),),
    "delivery_date.out_of_range": (
        _l("納品日は%(earliest)sから%(latest)sまでの日を選んでください。"),
        _l("この納品日は選べません。選べる期間の日を選んでください。"),
    ),
    "sim.not_reissuable": (
        _l(
            "再発行を申し込めるのは「開通済」のSIMです。SIMステータスをご確認のうえ、"
            "一時停止中のSIMは解除してからお申し込みください。"
        ),
    ),
    "sim_size.unknown": (
        _l("SIMサイズは%(allowed)sから選んでください。"),
        _l("SIMサイズを選んでください。"),
    ),
    "shipment.quantity": (
        _l("数量は1から%(most)sまでの整数で入力してください。"),
        _l("数量を確認してください。"),
    ),
    "shipment.unknown": (_l("この番号の出荷依頼はありません。依頼番号をご確認ください。"),),
    "shipment.not_open": (
        _l("この依頼は取り消されたか、既に出荷に引き渡されています。出荷の状態を開き直してご確認ください。"),
    ),
    "shipment.parcel": (_l("配送会社名とお問い合わせ番号を入力してください。"),),
    "shipment.card_count": (
        _l(
            "この依頼には%(wanted)s枚のカードが必要ですが、%(given)s枚が指定されています。枚数をそろえてください。"
        ),
        _l("カードの枚数が依頼の数量と合いません。枚数をそろえてください。"),
    ),
    "shipment.number_stays": (
        _l(
            "再発行では電話番号が変わりません。電話番号の付いていないカードを、電話番号なしで指定してください。"
        ),
    ),
    "shipment.number_missing": (
        _l("電話番号の付いていないカードです。割り当てる電話番号も指定してください。"),
    ),
    "shipment.number_of_card": (
        _l(
            "このカードには別の電話番号が付いています。電話番号の指定を外すか、別のカードを指定してください。"
        ),
    ),
    "shipment.number_in_use": (
        _l("電話番号%(msisdn)sはほかのSIMで使われています。別の電話番号を指定してください。"),
        _l("この電話番号はほかのSIMで使われています。別の電話番号を指定してください。"),
    ),
    "shipment.sim_changed": (
        _l(
            "この依頼のSIMは「開通済」でなくなっています。SIMステータスを確認し、お客様にあらためて依頼をお申し込みいただいてください。"
        ),
    ),
    "shipment.not_handed_over": (_l("まだ出荷に引き渡していない依頼です。先に引渡しを登録してください。"),),
    "shipment.arrival": (
        _l("到着日は%(earliest)sから%(latest)sまでの日を入力してください。"),
        _l("到着日は引渡しの日から今日までの日を入力してください。"),
    ),
    "stock.unknown": (
        _l("SIM製造番号%(sim_serial)sは在庫にありません。番号を確認するか、先に在庫を取り込んでください。"),
        _l("このSIM製造番号は在庫にありません。番号を確認するか、先に在庫を取り込んでください。"),
    ),
    "stock.not_free": (
        _l("%(sim_serial)sは引当済みか、在庫から外されています。空いている在庫を指定してください。"),
        _l("この在庫は引当済みか、在庫から外されています。空いている在庫を指定してください。"),
    ),
    "stock.other_size": (
        _l("%(sim_serial)sは依頼のSIMサイズ（%(wanted)s）と違います。サイズの合うカードを指定してください。"),
        _l("依頼のSIMサイズと違うカードです。サイズの合うカードを指定してください。"),
    ),
    "stock.too_few": (
        _l(
            "在庫が足りません（必要%(wanted)s、空き%(available)s）。在庫を取り込むか、カードを指定してください。"
        ),
        _l("在庫が足りません。在庫を取り込むか、カードを指定してください。"),
    ),
    "stock.rows": (
        _l("カードは1行に1枚、「SIM製造番号」または「SIM製造番号 電話番号」の形で入力してください。"),
    ),
    "import.bad_name": (_l("60文字以内の1行で指定してください。"),),
    "import.bad_tracking": (_l("お問い合わせ番号は半角英数字とハイフンの40文字以内で指定してください。"),),
    "import.size": (_l("SIMサイズはカードに指定し、eSIMでは空欄にしてください。"),),
    "import.unknown_size": (
        _l("このSIMサイズは設定にありません（使える値：%(allowed)s）。"),
        _l("このSIMサイズは設定にありません。"),
    ),
    "import.stock_differs": (
        _l("同じSIM製造番号が別の内容で在庫にあります。種別、サイズ、電話番号をご確認ください。"),
    ),
    "import.serial_given": (_l("このSIM製造番号は、お客様のSIMとして登録済みです。行を削除してください。"),),
    "import.serial_in_stock": (
        _l("このSIM製造番号は在庫にあります。出荷の手続きでお客様に割り当ててください。"),
    ),
    "import.number_given": (
        _l("この電話番号は、ほかのSIM、在庫、または別の行で使われています。番号をご確認ください。"),
    ),
    "import.order_unknown": (_l("この番号の出荷依頼はありません。依頼番号をご確認ください。"),),
    "import.order_not_open": (
        _l("この依頼は取り消されたか、既に出荷に引き渡されています。行を削除してください。"),
    ),
    "import.parcel_differs": (
        _l("同じ依頼の行で配送会社名またはお問い合わせ番号が違います。1つの依頼では同じ値にしてください。"),
    ),
}
