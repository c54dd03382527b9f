"""Another mail address for the code of a login, by the pages and by the API."""

import re

import pytest

from tests.e2e.pages import PHONE, SELFCARE, Pages, Person, new_person
from tests.e2e.system import Client, System

MISMATCH = {
    "ip_phone": "連絡先電話番号が、ご登録の内容と一致しません。",
    "mobile_choice": "認証できませんでした。",
    "free_voice": "連絡先電話番号が、ご登録の内容と一致しません。",
}
INQUIRY = "https://support.minato-telecom.example/selfcare-mail/"
WRONG_PHONE = "0449999999"


@pytest.fixture(params=SELFCARE)
def person(request: pytest.FixtureRequest, system: System) -> Person:
    """A customer of each portal in turn."""
    return new_person(system, request.param)


@pytest.fixture
def somebody(system: System) -> Person:
    return new_person(system, "ip_phone")


def _recover(pages: Pages, email: str, phone: str = PHONE, again: str | None = None) -> str:
    seen = pages.submit("/selfcare/recovery", email=email, email_again=again or email, contact_phone=phone)
    return f"{seen.status} {seen.path}\n{seen.text}"


def test_s0_14_each_code_page_leads_to_another_address(person: Person) -> None:
    link = {
        "ip_phone": "メールアドレス未登録の方・メールが届かない方",
        "mobile_choice": "メールアドレス未登録の方・メールが届かない方",
        "free_voice": "メールアドレス登録・変更",
    }[person.portal]
    pages = person.pages()
    page = person.try_login(pages).text
    found = re.search(r'<a href="/selfcare/recovery"[^>]*>(.*?)</a>', page)
    assert found
    assert link in found[1]
    assert "「minato-telecom.example」からのメールを受け取れるように" in page
    page = pages.get("/selfcare/recovery").text
    assert "<h1>メールアドレス登録・変更</h1>" in page
    for label in (
        "メールアドレス（確認用）",
        "連絡先電話番号",
        "ハイフンなし",
        "3回一致しない",
        "minato-telecom.example",
    ):
        assert label in page
    buttons = {"ip_phone": {"送信", "戻る"}, "mobile_choice": {"送信", "リセット"}, "free_voice": {"送信"}}
    shown = set(re.findall(r'class="btn [^"]*"[^>]*>([^<]+)<', page))
    assert shown == buttons[person.portal]


@pytest.mark.parametrize("portal", SELFCARE)
def test_s0_15_an_account_without_an_address_can_register_one(system: System, portal: str) -> None:
    person = new_person(system, portal, has_email=False)
    pages = person.pages()
    assert person.try_login(pages).path == "/selfcare/code"
    new = f"{person.login_id}@new.example"
    assert _recover(pages, new).startswith("200 /selfcare/code")
    assert pages.submit("/selfcare/code", code=system.mailed_code(new, 0)).path == "/selfcare/menu"
    person.email = new
    assert person.log_in(person.pages()).path == "/selfcare/menu", "the next code goes there at once"


def test_s0_16_a_different_confirmation_is_refused(somebody: Person) -> None:
    pages = somebody.pages()
    somebody.try_login(pages)
    seen = _recover(pages, "one@new.example", again="two@new.example")
    assert seen.startswith("422 /selfcare/recovery")
    assert 'id="email_again-error"' in seen
    assert somebody.system.mails("one@new.example") == []


def test_s0_17_a_phone_number_with_hyphens_is_no_try(somebody: Person) -> None:
    pages = somebody.pages()
    somebody.try_login(pages)
    for phone in ("044-123-4567", "０４４１２３４５６７", "12345", "+81441234567"):
        seen = _recover(pages, "one@new.example", phone)
        assert seen.startswith("422 /selfcare/recovery"), phone
        assert "連絡先電話番号は、ハイフンなしの半角数字10桁または11桁で入力してください。" in seen
    assert "メールアドレスの形式が正しくありません" in _recover(pages, "nowhere")
    assert _recover(pages, f"{somebody.login_id}@new.example").startswith("200 /selfcare/code")


def test_s0_18_the_code_goes_to_the_new_address_only(somebody: Person) -> None:
    pages, system = somebody.pages(), somebody.system
    somebody.try_login(pages)
    new = f"{somebody.login_id.lower()}@new.example"
    seen = _recover(pages, new)
    assert f"{new[0]}***@new.example" in seen
    assert new not in seen
    code = system.mailed_code(new, 0)
    assert system.codes(somebody.email) == [somebody.code]
    if somebody.code != code:
        assert pages.submit("/selfcare/code", code=somebody.code).status == 401
    assert pages.submit("/selfcare/code", code=code).path == "/selfcare/menu"


def test_s0_19_an_address_is_kept_only_when_its_code_was_right(somebody: Person) -> None:
    pages = somebody.pages()
    somebody.try_login(pages)
    assert _recover(pages, f"{somebody.login_id}@abandoned.example").startswith("200 /selfcare/code")
    assert somebody.log_in(somebody.pages()).path == "/selfcare/menu", (
        "the code goes to the old address as before"
    )


def test_s0_20_a_wrong_phone_number_is_told_as_the_portal_does(person: Person) -> None:
    pages = person.pages()
    person.try_login(pages)
    seen = _recover(pages, "one@new.example", WRONG_PHONE)
    assert MISMATCH[person.portal] in seen
    if person.portal == "free_voice":
        assert seen.startswith("200 /selfcare/recovery/mismatch")
        assert "<h1>2段階認証</h1>" in seen
        assert 'href="/selfcare/recovery"' in seen
        assert "ブラウザーの戻るボタンは、この画面では使えません" in seen
    else:
        assert seen.startswith("422 /selfcare/recovery")
        assert 'id="contact_phone-error"' in seen
    assert MISMATCH[person.portal] in _recover(pages, "one@new.example", WRONG_PHONE)
    assert person.system.mails("one@new.example") == []
    assert _recover(pages, f"{person.login_id}@new.example").startswith("200 /selfcare/code"), (
        "the third is right"
    )


def test_s0_21_the_third_wrong_phone_number_ends_the_way(person: Person) -> None:
    pages = person.pages()
    person.try_login(pages)
    for _ in range(2):
        _recover(pages, "one@new.example", WRONG_PHONE)
    seen = _recover(pages, "one@new.example", WRONG_PHONE)
    assert seen.startswith("200 /selfcare/recovery/inquiry")
    assert "連絡先電話番号を確認できませんでした" in seen
    main = seen[seen.index("<main") : seen.index("</main>")]
    assert re.findall(r'href="([^"]+)"', main) == [INQUIRY, person.login_path]
    assert "セルフケアログイン画面に戻る" in main
    for path in ("/selfcare/recovery", "/selfcare/code", "/selfcare/menu"):
        assert pages.get(path).path == person.login_path, path
    person.try_login(pages)
    assert "/selfcare/recovery/inquiry" in _recover(pages, "one@new.example"), "the count outlives the login"
    assert person.log_in(person.pages()).path == "/selfcare/menu", "who gets the mail is not kept out"


def test_recovery_by_the_api(somebody: Person) -> None:
    system, client = somebody.system, Client(somebody.system.url)
    step = client.post("/auth/login", somebody.credentials)
    wish = {"attempt": step["attempt"], "email": f"{somebody.login_id}@new.example", "contact_phone": PHONE}
    refused = client.send("POST", "/auth/recovery", json=wish | {"contact_phone": WRONG_PHONE}).json()
    assert (refused["code"], refused["details"]) == ("recovery.mismatch", {"tries_left": 2})
    malformed = client.send("POST", "/auth/recovery", json=wish | {"contact_phone": "044-123-4567"}).json()
    assert (malformed["code"], malformed["errors"][0]["pointer"]) == ("phone.format", "/contact_phone")
    step = client.post("/auth/recovery", wish)
    assert (step["next"], "ends_at" in step, step["attempt"] != wish["attempt"]) == ("code", True, True)
    code = system.mailed_code(wish["email"], 0)
    done = client.post("/auth/code", {"attempt": step["attempt"], "code": code})
    assert done["next"] == "done"
    again = client.send("POST", "/auth/recovery", json=wish)
    assert (again.status_code, again.json()["code"]) == (401, "attempt.unusable")
