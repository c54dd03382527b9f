"""The menus of the three portals: their entries, the guidance before every form, the manual, and leaving."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.pages import Pages, Person, Seen, new_person
from tests.e2e.system import EmbeddedSystem
from tests.e2e.visitor import VIEWS, Visitor, Visitors

CONTRACTS = "ご契約情報照会"
USAGE = "ご利用状況照会"
DETAILS = "明細照会"
PASSWORD = "セルフケアパスワード変更"  # noqa: S105
SESSIONS = "ログイン中の端末"
INQUIRY, SETTINGS = "情報照会サービス", "各種サービス設定・変更"

MENUS = {
    "ip_phone": {
        INQUIRY: [CONTRACTS, USAGE, DETAILS],
        SETTINGS: ["IP加入電話パスワード変更", "付加サービスパスワード変更", "050番号追加申込"],
        "お支払いとログイン": ["クレジットカード情報登録・変更", PASSWORD, SESSIONS],
    },
    "mobile_choice": {
        SETTINGS: [
            "IP電話番号（050番号）追加申込",
            "モバイルチョイス050登録",
            "モバイルチョイス050解除",
            "マスタテーブル設定（グループ・利用制限）",
            "グループ・利用制限設定・内容変更",
            "着信拒否一括登録・削除",
            "アップロード・ダウンロード",
        ],
        "ご契約とログイン": [CONTRACTS, PASSWORD, SESSIONS],
    },
    "free_voice": {
        INQUIRY: [CONTRACTS, USAGE, DETAILS],
        SETTINGS: [PASSWORD, SESSIONS],
    },
}
PORTALS = pytest.mark.parametrize("portal", MENUS)

_GROUP = re.compile(r'data-testid="menu-group">(.*?)</section>', re.DOTALL)
_ENTRY = re.compile(
    r'<h3><a href="([^"]+)" data-testid="menu-([\w-]+)">([^<]+)</a></h3>\s*<p>([^<]+)</p>', re.DOTALL
)
_WINDOW = re.compile(r'<a [^>]*href="([^"]+)" target="_blank" rel="noopener"')


@dataclass
class Entry:
    url: str
    name: str
    title: str
    text: str


def menu(page: str) -> dict[str, list[Entry]]:
    found = {}
    for group in _GROUP.findall(page):
        title = re.search(r"<h2[^>]*>([^<]+)</h2>", group)
        assert title
        found[title[1]] = [Entry(*entry) for entry in _ENTRY.findall(group)]
    return found


@dataclass
class Reader:
    """A customer with a menu."""

    person: Person
    pages: Pages
    menu: Seen

    @property
    def entries(self) -> list[Entry]:
        return [entry for group in menu(self.menu.text).values() for entry in group]


@pytest.fixture(scope="module")
def readers(embedded_system: EmbeddedSystem) -> dict[str, Reader]:
    found = {}
    for portal in MENUS:
        person = new_person(embedded_system, portal)
        pages = person.pages()
        found[portal] = Reader(person, pages, person.log_in(pages))
    return found


@PORTALS
def test_s0_22_s0_30_s0_37_the_menu_follows_the_code_and_lists_what_the_manual_does(
    readers: dict[str, Reader], portal: str
) -> None:
    reader = readers[portal]
    assert (reader.menu.path, reader.menu.status) == ("/selfcare/menu", 200)
    found = menu(reader.menu.text)
    assert {title: [entry.title for entry in group] for title, group in found.items()} == MENUS[portal]
    assert all(entry.text for entry in reader.entries)
    for text in ("ご利用方法", "別ウィンドウ", "安全性について", "0120-000-000", "マニュアルダウンロード"):
        assert text in reader.menu.text


@PORTALS
def test_s0_23_s1_01_every_entry_shows_its_guidance_before_the_form(
    readers: dict[str, Reader], portal: str
) -> None:
    reader = readers[portal]
    for entry in reader.entries:
        guidance = reader.pages.get(entry.url)
        assert (guidance.status, guidance.path) == (200, entry.url), entry.title
        if entry.name == "sessions":  # it asks for nothing
            continue
        assert 'data-testid="guidance"' in guidance.text, entry.title
        assert 'data-testid="privacy"' in guidance.text
        assert "メニューに戻る" in guidance.text
        forms = _WINDOW.findall(guidance.text)
        assert forms, f"{entry.title} leads to no form"
        offered = {200, 409} if entry.name == "call-details" else {200}  # 409: to be applied for first
        assert reader.pages.get(forms[0]).status in offered, forms[0]
        chapter = re.search(r'href="([^"]+)" data-testid="manual-chapter"', guidance.text)
        assert chapter
        assert chapter[1] == f"/selfcare/manual/{entry.name}"


@PORTALS
def test_every_entry_has_a_chapter_in_both_languages(readers: dict[str, Reader], portal: str) -> None:
    reader = readers[portal]
    contents = reader.pages.get("/selfcare/manual")
    chapters = re.findall(r'href="([^"]+)" data-testid="chapter-([\w-]+)"', contents.text)
    names = [name for _, name in chapters]
    assert names == ["login", *(entry.name for entry in reader.entries), "help"]
    english = Pages(reader.person.system.url, "en")
    english.http.cookies.update(reader.pages.http.cookies)
    english.http.cookies.set("kaisen_language", "en")
    previous = None
    for url, _ in chapters:
        seen = reader.pages.get(url)
        assert seen.status == 200
        if previous:
            assert f'rel="prev" href="{previous}"' in seen.text
        translated = english.get(url)
        assert translated.status == 200
        text = translated.text.partition('data-testid="manual-text"')[2].partition("</article>")[0]
        assert not re.search("[\u3040-\u30ff]", text), f"{url} is not in English"
        previous = url
    assert reader.pages.get("/selfcare/manual/no-such-chapter").status == 404


def test_a_portal_has_no_chapters_of_another(readers: dict[str, Reader]) -> None:
    assert readers["free_voice"].pages.get("/selfcare/manual/line-password").status == 404


@PORTALS
def test_s0_30_the_manual_is_one_file_that_needs_nothing_else(
    readers: dict[str, Reader], portal: str
) -> None:
    reader = readers[portal]
    answer = reader.pages.http.get(f"{reader.person.system.url}/selfcare/manual/download", timeout=30)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="manual_{portal}_ja.html"'
    text = answer.content.decode()
    assert not re.search(r'(src|href)="(?!#)', text), "it refers to something outside"
    assert "<script" not in text
    assert "url(" not in text
    for entry in reader.entries:
        assert f'<article class="manual-text" id="{entry.name}">' in text
        assert f'href="#{entry.name}"' in text


def come_in(me: Visitor, person: Person) -> None:
    known = len(me.system.codes(person.email))
    me.open(person.login_path)
    me.fill(login_id=person.login_id, password=person.password)
    me.click("submit")
    me.fill(code=me.system.mailed_code(person.email, known))
    me.click("submit")
    expect(me.page.get_by_test_id("menu-contracts")).to_be_visible()


@VIEWS
@PORTALS
def test_s0_22_s0_23_s0_30_customer_walks_through_the_menu_and_the_manual(
    visitor: Visitors, embedded_system: EmbeddedSystem, portal: str, size: dict[str, int], language: str
) -> None:
    me = visitor(f"menu-{portal}", size, language)
    come_in(me, new_person(embedded_system, portal))
    me.look("menu")
    me.click("menu-contracts")
    me.look("guidance")
    with me.page.expect_popup() as opened:
        me.page.get_by_test_id(re.compile("open-")).first.click()
    opened.value.close()
    me.click("manual-chapter")
    expect(me.page.get_by_test_id("manual-text")).to_be_visible()
    me.look("chapter")
    me.click("next-chapter")
    me.click("previous-chapter")
    me.page.goto(f"{embedded_system.url}/selfcare/manual")
    me.look("contents")
    with me.page.expect_download() as download:
        me.click("manual-download")
    kept = Path(str(download.value.path()))
    me.page.goto(f"{embedded_system.url}/selfcare/menu")
    me.click("menu-logout")
    expect(me.page.locator("#login-form")).to_be_visible()
    me.page.go_back()
    expect(me.page.locator("#login-form")).to_be_visible()
    expect(me.page.get_by_test_id("menu-contracts")).to_have_count(0)
    copy = kept.with_suffix(".html")
    copy.write_bytes(kept.read_bytes())
    me.page.goto(copy.as_uri())
    expect(me.page.locator("article")).not_to_have_count(0)
    me.look("manual-file")
