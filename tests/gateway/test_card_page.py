"""The input page of a card with Stripe's own fields, and what an answer may be opened to."""

import re

import pytest
from apiflask import APIFlask
from flask import Response, render_template

from gateway import headers
from gateway.selfcare.card import CardForm
from gateway.texts.card_fields import TEXTS
from gateway.web.portals import PORTALS


def form(app: APIFlask, mode: str) -> str:
    with app.test_request_context("/selfcare/card/form"):
        return render_template(
            "selfcare/card_form.html",
            portal=PORTALS["ip_phone"],
            form=CardForm(formdata=None),
            provider={"mode": mode, "publishable_key": "pk_test_x"},
            script="https://provider.example/script.js",
            texts={name: str(text) for name, text in TEXTS.items()},
            this_month="2026-11",
        )


def test_s2_11_stripes_fields_stand_in_place_of_ours(app: APIFlask) -> None:
    page = form(app, "stripe")
    assert page.count("data-card-mount") == 3
    assert "card-stripe.js" in page
    assert "cc-number" not in page


@pytest.mark.parametrize("mode", ["stripe", "sandbox"])
def test_s2_11_no_field_for_a_card_has_a_name(app: APIFlask, mode: str) -> None:
    card_form = re.search(r'<form[^>]*id="card-form".*?</form>', form(app, mode), re.DOTALL)
    assert card_form is not None
    assert set(re.findall(r'name="(\w+)"', card_form[0])) == {"csrf_token", "payment_method"}
    assert re.search(r"<button[^>]*data-testid=\"submit\" disabled>", card_form[0])


def test_an_answer_is_opened_alone(app: APIFlask) -> None:
    with app.test_request_context("/livez"):
        app.preprocess_request()
        headers.allow("script-src", "https://js.provider.example")
        headers.allow("connect-src", "https://api.provider.example")
        policy = app.process_response(Response()).headers["Content-Security-Policy"]
    parts = policy.split("; ")
    assert any(
        re.fullmatch(r"script-src 'self' 'nonce-\S+' https://js\.provider\.example", part) for part in parts
    )
    assert "connect-src 'self' https://api.provider.example" in parts
    assert "provider.example" not in app.test_client().get("/").headers["Content-Security-Policy"]
