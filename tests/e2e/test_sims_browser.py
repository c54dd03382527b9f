"""The SIM list and detail, recharge search and suspending many SIMs, as a person with a browser uses them."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.fleet import Fleet, new_fleet
from tests.e2e.system import EmbeddedSystem
from tests.e2e.visitor import VIEWS, Visitor, Visitors
from tests.harness import until


@pytest.fixture(scope="module")
def fleets(embedded_system: EmbeddedSystem, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Fleet]:
    """For each walk a customer with 122 active SIMs, and three more of other statuses."""
    statuses = ["active"] * 122 + ["suspended", "ordered", "shipped"]
    return {
        language: new_fleet(embedded_system, tmp_path_factory.mktemp(language), statuses)
        for language in ("ja", "en")
    }


def arrive(
    visitor: Visitors, name: str, size: dict[str, int], language: str, member: dict[str, str], path: str
) -> Visitor:
    """A member of the customer who has logged in, at a page."""
    me = visitor(name, size, language)
    me.open("/console/login")
    me.fill(login_id=member["login_id"], password=member["password"])
    me.click("submit")
    expect(me.page.get_by_test_id("logout")).to_be_visible()
    me.page.goto(f"{me.system.url}{path}")
    return me


@VIEWS
def test_s4_08_s4_14_the_list_is_searched_sorted_and_a_sim_is_looked_at(
    visitor: Visitors, embedded_system: EmbeddedSystem, size: dict[str, int], language: str
) -> None:
    me = visitor("sims", size, language)
    login = embedded_system.credentials("aoba-admin")
    me.open("/console/login")
    me.fill(login_id=login["login_id"], password=login["password"])
    me.click("submit")
    expect(me.page.get_by_test_id("logout")).to_be_visible()
    me.page.goto(f"{embedded_system.url}/console/sims")
    rows = me.page.get_by_test_id("sims").locator("tbody tr")
    everything = rows.count()
    assert everything > 5
    me.click("downloads")
    me.look("list")
    me.page.goto(f"{embedded_system.url}/console/sims?sort=-used")
    used = rows.first.locator("td").nth(2).inner_text()
    assert not used.startswith("0.00"), used
    me.page.locator("#status").select_option("suspended")
    me.click("search")
    expect(me.page.get_by_test_id("hits")).to_be_visible()
    assert 0 < rows.count() < everything
    me.look("suspended")
    me.click("clear")
    me.page.locator("#project_name").fill("no such project")
    me.click("search")
    expect(me.page.get_by_test_id("empty")).to_be_visible()
    serial = embedded_system.client("aoba-admin").get("/sims", sort="-used", status="active")["items"][0]
    me.page.goto(f"{embedded_system.url}/console/sims/{serial['sim_serial']}")
    expect(me.page.get_by_test_id("possible")).to_be_visible()
    expect(me.page.get_by_test_id("days-chart")).to_be_visible()
    expect(me.page.get_by_test_id("forecast")).to_be_visible()
    me.look("detail")


@VIEWS
def test_s4_36_s4_37_s4_39_many_sims_are_ticked_and_suspended(
    visitor: Visitors, fleets: dict[str, Fleet], tmp_path: Path, size: dict[str, int], language: str
) -> None:
    fleet = fleets[language]
    me = arrive(visitor, "suspensions", size, language, fleet.member, "/console/suspensions")
    ticked = me.page.get_by_test_id("ticked")
    expect(me.page.get_by_test_id("hits")).to_contain_text("122")
    me.look("choose")
    me.click("proceed")
    expect(me.page.get_by_test_id("error-summary")).to_be_visible()
    first = fleet.serials[0]
    me.page.get_by_test_id(f"tick-{first}").check()
    me.click("next")
    expect(ticked).to_contain_text("1")
    me.page.get_by_test_id(f"tick-{fleet.serials[50]}").check()
    me.click("next")
    expect(ticked).to_contain_text("2")
    me.page.get_by_test_id(f"tick-{fleet.serials[121]}").check()
    me.click("prev")
    expect(me.page.get_by_test_id(f"tick-{fleet.serials[50]}")).to_be_checked()
    wrong = tmp_path / "numbers.csv"
    wrong.write_text(f'"{fleet.number(fleet.serials[1])}"\n"{fleet.number(fleet.serials[122])}"\n02011\n')
    me.page.locator("#file").set_input_files(wrong)
    me.click("upload")
    expect(me.page.get_by_test_id("rows").locator("tbody tr")).to_have_count(2)
    me.look("bad-file")
    with me.page.expect_download() as download:
        me.click("csv")
    numbers = Path(str(download.value.path())).read_text().splitlines()
    assert len(numbers) == 122
    good = tmp_path / "good.csv"
    good.write_text("\n".join(numbers[1:99]))
    me.page.locator("#file").set_input_files(good)
    me.click("upload")
    expect(ticked).to_contain_text("100")  # one of the three is in the file, too
    me.click("proceed")
    me.look("input")
    me.page.locator("#suspension_reason").fill("倉庫で保管")
    me.click("to-confirm")
    expect(me.page.get_by_test_id("targets-count")).to_contain_text("100")
    expect(me.page.get_by_test_id("notice-order-many_sims")).to_have_count(0)
    me.click("back")
    me.click("reselect")
    expect(ticked).to_contain_text("100")
    me.page.get_by_test_id(f"tick-{fleet.serials[49]}").check()  # was ticked
    me.click("tick-all")
    expect(ticked).to_contain_text("122")
    me.click("proceed")
    expect(me.page.locator("#suspension_reason")).to_have_value("倉庫で保管")
    me.click("to-confirm")
    expect(me.page.get_by_test_id("notice-order-many_sims")).to_be_visible()
    me.page.get_by_test_id("targets").click()
    me.look("confirm")
    me.click("place")
    expect(me.page.get_by_test_id("done")).to_be_visible()
    me.look("done")
    until(lambda: fleet.console.get("/sims", status="suspended")["total"] == 123, timeout=30)
    me.page.goto(f"{me.system.url}/console/resumptions")
    expect(me.page.get_by_test_id("hits")).to_contain_text("123")
    me.page.goto(f"{me.system.url}/console/sims/{first}")
    expect(me.page.get_by_test_id("orders")).to_contain_text("倉庫で保管")
    me.look("sim-suspended")
    me.click("order-resumptions")
    me.click("to-confirm")
    me.look("resume-confirm")
    me.click("place")
    until(lambda: fleet.console.get(f"/sims/{first}")["status"] == "active", timeout=30)


@VIEWS
def test_s4_29_a_sim_to_recharge_is_searched(
    visitor: Visitors, fleets: dict[str, Fleet], size: dict[str, int], language: str
) -> None:
    fleet = fleets[language]
    me = arrive(visitor, "recharges", size, language, fleet.member, "/console/recharges")
    me.look("search")
    me.page.locator("#plan").select_option("30GB")
    me.click("search")
    expect(me.page.get_by_test_id("empty")).to_be_visible()
