"""クレジットカード情報登録・変更 in a real browser: what its holder sees, and what leaves the browser for where."""

import re
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page, Request, expect

from chassis import clock
from sandbox.provider_cards import check_digit_fits, issue_of
from tests.e2e.cards import (
    AMEX,
    AUTHENTICATE,
    DECLINED,
    DINERS,
    DISCOVER,
    JCB,
    OTHER_DEBIT,
    RAKUTEN_DEBIT,
    VISA,
    Holder,
    come_in,
    fault,
    new_holder,
    type_card,
)
from tests.e2e.system import EmbeddedSystem
from tests.e2e.visitor import VIEWS, WIDE, Visitor, Visitors

FORM = "/selfcare/card/form"


@pytest.fixture
def holder(embedded_system: EmbeddedSystem) -> Holder:
    return new_holder(embedded_system)


@pytest.fixture(scope="module")
def onlooker(embedded_system: EmbeddedSystem) -> Holder:
    """A customer for all tests that register nothing."""
    return new_holder(embedded_system)


@pytest.fixture(scope="module")
def form(browser: Browser, onlooker: Holder) -> Page:
    """A window at the input page, for tests that send nothing."""
    page = browser.new_context(locale="ja-JP").new_page()
    come_in(page, onlooker, FORM)
    return page


@pytest.fixture(scope="module")
def page(browser: Browser, embedded_system: EmbeddedSystem) -> Page:
    """A window that knows card-checks.js."""
    page = browser.new_context().new_page()
    page.goto(embedded_system.url)
    page.add_script_tag(url=f"{embedded_system.url}/static/card-checks.js")
    return page


def enter(me: Visitor, number: str, **more: str) -> None:
    type_card(me.page, number, **more)
    me.click("submit")


def problems(page: Page) -> list[str]:
    """Ids of the fields that are marked as wrong."""
    return [found.get_attribute("id") or "" for found in page.locator("[aria-invalid=true]").all()]


@VIEWS
def test_s2_01_s2_04_s2_07_s2_08_s2_09_s2_10_the_whole_walk(
    visitor: Visitors, holder: Holder, size: dict[str, int], language: str
) -> None:
    me = visitor("card", size, language)
    me.open("/selfcare/ip_phone/login")
    come_in(me.page, holder, "/selfcare/menu")
    me.click("menu-card")
    expect(me.page.get_by_test_id("no-card")).to_be_visible()
    me.look("guidance-empty")
    with me.page.expect_popup() as opened:
        me.click("open-form")
    me.page = opened.value
    me.look("form")
    with me.page.expect_popup() as help_page:
        me.click("security-code-help")
    form, me.page = me.page, help_page.value
    expect(me.page.get_by_test_id("security-code")).to_be_visible()
    me.look("security-code")
    me.page = form

    enter(me, "３５６６００２０", month="13", year="4", code="１２３")
    assert problems(me.page) == ["card_number", "expiry_month", "expiry_year", "security_code"]
    expect(me.page.get_by_test_id("card-summary")).to_be_focused()
    me.look("wrong")
    me.click("reset")
    assert me.page.locator("#card_number").input_value() == ""
    assert problems(me.page) == []

    enter(me, AMEX)
    expect(me.page.get_by_test_id("confirm-number")).to_contain_text("0005")
    expect(me.page.get_by_test_id("confirm-expiry")).to_contain_text("12/40")
    expect(me.page.get_by_test_id("confirm-code")).to_contain_text("***")
    assert AMEX not in me.page.content()
    me.look("confirm")
    me.click("back")
    assert holder.client().get("/card") == {"card": None}, "nothing is stored before 登録"

    enter(me, DECLINED)
    me.click("register")
    expect(me.page.get_by_test_id("error-summary")).to_be_visible()
    me.look("refused")
    enter(me, JCB)
    me.click("register")
    expect(me.page.get_by_test_id("done")).to_contain_text(
        "ご登録が完了しました" if language == "ja" else "has been registered"
    )
    me.look("done")
    me.click("back-to-menu")
    me.click("menu-card")
    expect(me.page.get_by_test_id("card-number")).to_contain_text("0505")
    expect(me.page.get_by_test_id("card-expiry")).to_contain_text("12/40")
    me.look("guidance")

    me.page.goto(f"{me.system.url}{FORM}")
    enter(me, JCB)
    me.click("register")
    already = "既にお支払方法として登録" if language == "ja" else "already registered"
    expect(me.page.get_by_test_id("error-summary")).to_contain_text(already)
    me.look("already-registered")

    enter(me, AUTHENTICATE)
    me.click("register")
    me.look("authentication")
    me.click("authenticate")
    me.page.locator("button[name=pass]").click()
    expect(me.page.get_by_test_id("done")).to_be_visible()

    me.page.goto(f"{me.system.url}/selfcare/card/remove")
    me.look("remove")
    me.click("remove")
    expect(me.page.get_by_test_id("messages")).to_be_visible()
    expect(me.page.get_by_test_id("no-card")).to_be_visible()


def at_the_form(visitor: Visitors, holder: Holder, name: str, script: bool = True) -> Visitor:
    me = visitor(name, WIDE, "ja", script)
    come_in(me.page, holder, FORM)
    return me


@pytest.mark.parametrize(
    ("entered", "wrong"),
    [
        ({"number": ""}, ["card_number"]),
        ({"number": "3566-0020-2036-0505"}, ["card_number"]),
        ({"number": "３５６６００２０２０３６０５０５"}, ["card_number"]),
        ({"number": "3566002020360506"}, ["card_number"]),
        ({"number": "356600202036050"}, ["card_number"]),
        ({"number": DISCOVER}, ["card_number"]),
        ({"month": "0"}, ["expiry_month"]),
        ({"month": "１２"}, ["expiry_month"]),
        ({"month": "", "year": ""}, ["expiry_month", "expiry_year"]),
        ({"year": "20"}, ["expiry_month"]),
        ({"year": "99"}, ["expiry_year"]),
        ({"code": "12"}, ["security_code"]),
        ({"code": "1234"}, ["security_code"]),
        ({"code": "12a"}, ["security_code"]),
        ({"number": AMEX, "code": "123"}, ["security_code"]),
    ],
    ids=[
        "no-number",
        "hyphens",
        "full-width",
        "check-digit",
        "too-short",
        "sixth-brand",
        "month-0",
        "full-width-month",
        "no-expiry",
        "expired",
        "far-year",
        "short-code",
        "long-code",
        "letter-in-code",
        "amex-code",
    ],
)
class TestWrongEntries:
    def test_s2_02_s2_03_s2_04_the_page_names_the_field_and_sends_nothing(
        self, form: Page, entered: dict[str, str], wrong: list[str]
    ) -> None:
        sent: list[Request] = []
        form.on("request", lambda one: sent.append(one) if one.method == "POST" else None)
        type_card(form, **{"number": JCB, **entered})
        form.get_by_test_id("submit").click()
        assert problems(form) == wrong
        for id in wrong:
            expect(form.locator(f"#{id}-error")).to_be_visible()
        assert sent == []


class TestRules:
    """The rules of card-checks.js, against those of the sandbox's provider."""

    def problems(self, page: Page, **card: str) -> dict[str, str]:
        whole = {"number": JCB, "month": "12", "year": "40", "code": "123"} | card
        found: dict[str, str] = page.evaluate("card => cardChecks.problems(card, '2026-11')", whole)
        return found

    @settings(max_examples=60)
    @given(number=st.from_regex(r"[0-9]{1,19}", fullmatch=True))
    def test_s2_02_the_check_digit_is_that_of_the_standard(self, page: Page, number: str) -> None:
        assert page.evaluate("n => cardChecks.checkDigitFits(n)", number) == check_digit_fits(number)

    @settings(max_examples=100)
    @given(number=st.from_regex(r"(3[0-9]{3}|[245][0-9]{3}|6[0-9]{3})[0-9]{12}", fullmatch=True))
    def test_s2_05_the_brand_is_the_one_that_the_provider_tells(self, page: Page, number: str) -> None:
        accepted = {"jcb", "visa", "mastercard", "amex", "diners"}
        brand = issue_of(number).brand
        found = page.evaluate("n => cardChecks.brand(n)", number)
        assert found == (brand if brand in accepted else None)

    @settings(max_examples=60)
    @given(number=st.from_regex(r"[0-9]{0,24}", fullmatch=True))
    def test_groups_lose_no_digit(self, page: Page, number: str) -> None:
        found = page.evaluate("n => cardChecks.grouped(n)", number)
        assert found.replace(" ", "") == number
        assert re.fullmatch(r"[0-9 ]*[0-9]|", found)

    @pytest.mark.parametrize(
        ("number", "shown"),
        [
            (VISA, "4242 4242 4242 4242"),
            (AMEX, "3782 822463 10005"),
            (DINERS, "3622 720627 1667"),
            ("42424", "4242 4"),
            ("4" * 19, "4444 4444 4444 4444 444"),
        ],
    )
    def test_numbers_are_grouped_as_on_the_card(self, page: Page, number: str, shown: str) -> None:
        assert page.evaluate("n => cardChecks.grouped(n)", number) == shown

    @settings(max_examples=60)
    @given(year=st.integers(2020, 2046), month=st.integers(1, 12))
    def test_s2_03_a_card_is_valid_through_its_last_month(self, page: Page, year: int, month: int) -> None:
        found = self.problems(page, month=f"{month:02d}", year=f"{year % 100:02d}")
        assert found == ({"expiry_month": "expired"} if (year, month) < (2026, 11) else {})


class TestStripesFields:
    """card-stripe.js, with a stand-in for Stripe's own script."""

    SCRIPT = """
        window.Stripe = (key, options) => ({
          elements: () => ({
            create: (kind) => ({ mount: (at) => calls.push([kind, at]), clear: () => calls.push(kind) }),
          }),
          createPaymentMethod: async ({ type }) => answer,
        });
        window.calls = [];
    """

    @pytest.mark.parametrize(
        ("answer", "expected"),
        [
            ({"paymentMethod": {"id": "pm_1"}}, {"id": "pm_1"}),
            ({"error": {"code": "incorrect_number"}}, {"error": "incorrect_number"}),
            ({"error": {"type": "api_connection_error"}}, {"error": "unavailable"}),
        ],
        ids=["token", "wrong", "unreachable"],
    )
    def test_the_interface_is_the_same(
        self, page: Page, answer: dict[str, dict[str, str]], expected: dict[str, str]
    ) -> None:
        page.evaluate(f"answer => {{ {self.SCRIPT} window.answer = answer; }}", answer)
        page.add_script_tag(
            url=f"{urlsplit(page.url).scheme}://{urlsplit(page.url).netloc}/static/card-stripe.js"
        )
        page.evaluate("window.provider = cardProvider({ publishableKey: 'pk_test_x', language: 'ja' })")
        page.evaluate("provider.mount()")
        fields = [
            ["cardNumber", "#card_number"],
            ["cardExpiry", "#expiry_month"],
            ["cardCvc", "#security_code"],
        ]
        assert page.evaluate("calls") == fields
        assert page.evaluate("provider.tokenise()") == expected

    def test_without_stripes_script_there_is_no_provider(self, page: Page) -> None:
        page.evaluate("delete window.Stripe")
        page.add_script_tag(
            url=f"{urlsplit(page.url).scheme}://{urlsplit(page.url).netloc}/static/card-stripe.js"
        )
        assert page.evaluate("cardProvider({ publishableKey: 'pk_test_x', language: 'ja' })") is None


class TestSending:
    def test_s2_11_the_number_leaves_the_browser_for_the_provider_alone(
        self, visitor: Visitors, holder: Holder
    ) -> None:
        me = at_the_form(visitor, holder, "card-sending")
        sent: list[tuple[str, str]] = []
        me.page.on("request", lambda one: sent.append((one.url, one.post_data or "")))
        enter(me, AMEX, code="9876")
        me.click("register")
        expect(me.page.get_by_test_id("done")).to_be_visible()
        told = {urlsplit(url).port for url, body in sent if AMEX in url + body or "9876" in url + body}
        assert told == {urlsplit(me.system.sandbox_url).port}
        me.page.go_back()
        me.page.go_back()
        expect(me.page.locator("#card_number")).to_have_value("")
        assert AMEX not in me.page.content()

    def test_only_the_input_page_may_speak_to_the_provider(self, onlooker: Holder) -> None:
        pages = onlooker.pages()
        onlooker.log_in(pages)
        provider = urlsplit(onlooker.system.sandbox_url).port
        for path, expected in ((FORM, True), ("/selfcare/card", False), ("/selfcare/menu", False)):
            policy = pages.http.get(f"{onlooker.system.url}{path}", timeout=30).headers[
                "Content-Security-Policy"
            ]
            assert (f":{provider}" in policy) == expected, path
            assert "unsafe" not in policy

    def test_s2_06_a_debit_card_of_another_bank_is_told_from_those_of_the_two(
        self, visitor: Visitors, holder: Holder
    ) -> None:
        me = at_the_form(visitor, holder, "card-debit")
        enter(me, OTHER_DEBIT)
        expect(me.page.get_by_test_id("error-summary")).to_contain_text("楽天銀行またはスルガ銀行")
        enter(me, RAKUTEN_DEBIT)
        me.click("register")
        expect(me.page.get_by_test_id("done")).to_be_visible()

    def test_s2_03_the_present_month_is_accepted(self, visitor: Visitors, onlooker: Holder) -> None:
        today = clock.today()
        me = at_the_form(visitor, onlooker, "card-month")
        enter(me, JCB, month=f"{today:%m}", year=f"{today:%y}")
        expect(me.page.get_by_test_id("confirm-expiry")).to_contain_text(f"{today:%m/%y}")

    def test_back_and_reload_register_the_card_once(self, visitor: Visitors, holder: Holder) -> None:
        me = at_the_form(visitor, holder, "card-again")
        enter(me, JCB)
        me.click("register")
        expect(me.page.get_by_test_id("done")).to_be_visible()
        me.page.reload()
        expect(me.page.get_by_test_id("done")).to_be_visible()
        me.page.go_back()
        me.page.reload()
        me.click("register")
        expect(me.page.get_by_test_id("done")).to_be_visible()
        trail = holder.system.client("staff-admin").get("/audit", action="card.registered", limit=100)[
            "items"
        ]
        assert len([one for one in trail if one["customer_code"] == holder.customer]) == 1

    def test_a_provider_that_is_down_changes_nothing_and_can_be_asked_again(
        self, visitor: Visitors, holder: Holder
    ) -> None:
        me = at_the_form(visitor, holder, "card-down")
        enter(me, JCB)
        fault(me.system, "create_setup_intent", "error")
        me.click("register")
        expect(me.page.get_by_test_id("notice")).to_be_visible()
        assert holder.client().get("/card") == {"card": None}
        me.click("register")
        expect(me.page.get_by_test_id("done")).to_be_visible()

    def test_a_provider_that_browsers_do_not_reach_is_told(self, visitor: Visitors, onlooker: Holder) -> None:
        me = visitor("card-unreachable", WIDE, "ja")
        me.page.route("**/stripe/sandbox.js", lambda route: route.abort())
        come_in(me.page, onlooker, FORM)
        expect(me.page.get_by_test_id("card-summary")).to_be_visible()
        expect(me.page.get_by_test_id("submit")).to_be_disabled()

    def test_a_number_that_the_provider_refuses_is_told_at_its_field(
        self, visitor: Visitors, onlooker: Holder
    ) -> None:
        me = at_the_form(visitor, onlooker, "card-refused-number")
        refusal = {"error": {"type": "card_error", "code": "incorrect_number"}}
        me.page.route("**/v1/payment_methods", lambda route: route.fulfill(status=402, json=refusal))
        type_card(me.page, JCB)
        me.click("submit")
        expect(me.page.locator("#card_number-error")).to_be_visible()

    def test_without_script_the_page_says_why_and_sends_no_card(
        self, browser: Browser, onlooker: Holder
    ) -> None:
        page = browser.new_context(java_script_enabled=False, locale="ja-JP").new_page()
        come_in(page, onlooker, FORM)
        expect(page.get_by_test_id("no-script")).to_be_visible()
        expect(page.get_by_test_id("submit")).to_be_disabled()
        for id in ("card_number", "expiry_month", "expiry_year", "security_code"):
            assert page.locator(f"#{id}").get_attribute("name") is None
