"""Second factors over the JSON API, as a program of the customer's own would use it."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyotp

from chassis import clock
from tests.e2e.members import logged_in, new_member
from tests.e2e.system import Client, EmbeddedSystem
from tests.integration.auth.authenticator import Passkey

CODE = re.compile(r"[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}")


def code(secret: str, later: int = 0) -> str:
    """The one-time password of the present time step, or of one `later`."""
    return pyotp.TOTP(secret).at(clock.wall() + timedelta(seconds=30 * later))


def refusal(client: Client, path: str, body: Any) -> tuple[int, str]:
    answer = client.send("POST", path, json=body)
    return answer.status_code, answer.json()["code"]


def test_a_one_time_password_is_added_asked_for_and_removed(
    embedded_system: EmbeddedSystem, tmp_path: Path
) -> None:
    member = new_member(embedded_system, tmp_path)
    me = logged_in(embedded_system, member)
    assert me.get("/account/factors") == {"items": [], "recovery_codes_left": 0, "required": False}
    begun = me.post("/account/factors/totp", {"name": "App"}, 201)
    assert pyotp.parse_uri(begun["uri"]).secret == begun["secret"]
    assert pyotp.parse_uri(begun["uri"]).name == member["login_id"]
    assert refusal(me, "/account/factors/totp/confirmation", {"code": "12345"}) == (422, "factor.format")
    added = me.post("/account/factors/totp/confirmation", {"code": code(begun["secret"])})
    assert added["factor"]["name"] == "App"
    assert len(added["recovery_codes"]) == 10
    assert all(CODE.fullmatch(one) for one in added["recovery_codes"])

    step = me.post("/auth/login", member)
    assert (step["next"], step["factors"]) == ("factor", ["totp"])
    wrong = {"attempt": step["attempt"], "recovery_code": "00000-00000"}
    assert refusal(me, "/auth/factor", wrong) == (401, "factor.wrong")
    done = me.post("/auth/factor", {"attempt": step["attempt"], "totp": code(begun["secret"], 1)})
    assert done["next"] == "done"
    me.token = done["token"]

    step = me.post("/auth/login", member)
    by_code = {"attempt": step["attempt"], "recovery_code": added["recovery_codes"][0]}
    assert me.post("/auth/factor", by_code)["next"] == "done"
    assert me.get("/account/factors")["recovery_codes_left"] == 9
    renewed = me.post("/account/recovery-codes", None, 201)["recovery_codes"]
    assert not set(renewed) & set(added["recovery_codes"])
    proved = me.post("/auth/proof", {"recovery_code": renewed[0]})
    me.token = proved["token"]
    factor_id = me.get("/account/factors")["items"][0]["id"]
    assert me.send("DELETE", "/account/factors/unknown").json()["code"] == "factor.unknown"
    assert me.send("DELETE", f"/account/factors/{factor_id}").status_code == 204
    assert me.post("/auth/login", member)["next"] == "done"


def test_a_passkey_is_added_and_used(embedded_system: EmbeddedSystem, tmp_path: Path) -> None:
    member = new_member(embedded_system, tmp_path)
    origin = embedded_system.url.replace("127.0.0.1", "localhost")
    me, passkey = logged_in(embedded_system, member), Passkey()
    options = me.post("/account/factors/passkeys/options", None)["options"]
    wrong = {"name": "Key", "response": passkey.create(options, origin=embedded_system.url)}
    assert refusal(me, "/account/factors/passkeys", wrong) == (422, "factor.not_accepted")
    options = me.post("/account/factors/passkeys/options", None)["options"]
    right = {"name": "Key", "response": passkey.create(options, origin=origin)}
    added = me.post("/account/factors/passkeys", right, 201)
    assert (added["factor"]["kind"], len(added["recovery_codes"])) == ("passkey", 10)

    step = me.post("/auth/login", member)
    asked = me.post("/auth/factor/challenge", {"attempt": step["attempt"]})["options"]
    answer = {"attempt": step["attempt"], "assertion": passkey.get(asked, origin=origin)}
    me.token = me.post("/auth/factor", answer)["token"]
    asked = me.post("/auth/proof/challenge", None)["options"]
    assert me.post("/auth/proof", {"assertion": passkey.get(asked, origin=origin)})["token"]


def test_a_required_factor_is_set_up_in_the_login(embedded_system: EmbeddedSystem, tmp_path: Path) -> None:
    member = new_member(embedded_system, tmp_path)
    origin = embedded_system.url.replace("127.0.0.1", "localhost")
    me = logged_in(embedded_system, member)
    assert me.send("PUT", "/account-policy", json={"required": True}).status_code == 200

    step = me.post("/auth/login", member)
    assert step["next"] == "enrol"
    waiting = {"attempt": step["attempt"]}
    begun = me.post("/auth/enrolment/totp", {**waiting, "name": "App"}, 201)
    path = "/auth/enrolment/totp/confirmation"
    assert refusal(me, path, {**waiting, "code": "12345"}) == (422, "factor.format")
    done = me.post(path, {**waiting, "code": code(begun["secret"])})
    assert (done["next"], len(done["recovery_codes"])) == ("done", 10)
    me.token = done["token"]
    factor_id = me.get("/account/factors")["items"][0]["id"]
    kept = me.send("DELETE", f"/account/factors/{factor_id}")
    assert (kept.status_code, kept.json()["code"]) == (409, "factor.last_required")

    other = new_member(embedded_system, tmp_path)
    me = logged_in(embedded_system, other)
    assert me.send("PUT", "/account-policy", json={"required": True}).status_code == 200
    waiting = {"attempt": me.post("/auth/login", other)["attempt"]}
    options = me.post("/auth/enrolment/passkey/options", waiting)["options"]
    made = {**waiting, "name": "Key", "response": Passkey().create(options, origin=origin)}
    done = me.post("/auth/enrolment/passkey", made)
    assert (done["next"], len(done["recovery_codes"])) == ("done", 10)
