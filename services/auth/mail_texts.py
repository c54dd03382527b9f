"""The words of the mails, in the language of the account."""

from dataclasses import dataclass


@dataclass(frozen=True)
class MailText:
    subject: str
    body: str


@dataclass(frozen=True)
class Operator:
    """The operator's name as it stands in a mail of either language."""

    name_ja: str
    name_en: str


def code_mail(code: str, valid_minutes: int, language: str, operator: Operator) -> MailText:
    """The mail with the login code; `language` is ja or en. Its facts, in other words, are the login guide's."""
    if language == "en":
        return MailText(
            subject=f"[{operator.name_en}] Your login code",
            body=(
                f"Somebody has just logged in with your ID on the {operator.name_en} website.\n"
                "This message was sent automatically to complete that login.\n"
                "\n"
                f"Login code : {code}\n"
                "\n"
                f"The code can be used for {valid_minutes} minutes.\n"
                "Do not share it with anybody. Our staff will never ask you for it.\n"
                "If you did not expect this message, please discard it.\n"
            ),
        )
    return MailText(
        subject=f"【{operator.name_ja}】ログイン認証コードの送付",
        body=(
            f"{operator.name_ja}の Web サイトでお客様の ID によるログイン操作がありました。\n"
            "本メールは、ログインを完了していただくために自動でお送りしています。\n"
            "\n"
            f"ログイン認証コード : {code}\n"
            "\n"
            f"認証コードは発行から {valid_minutes} 分間ご利用いただけます。\n"
            "認証コードはほかの方に教えないでください。当社の係員がお尋ねすることはありません。\n"
            "お心当たりのない場合は、お手数ですが本メールを破棄してください。\n"
        ),
    )
