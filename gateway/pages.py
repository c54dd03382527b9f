"""The HTML pages: their blueprints, their look, and what every template may use."""

from pathlib import Path
from typing import Any

from flask import Flask, current_app
from flask_babel import get_babel
from flask_bootstrap import Bootstrap5

from gateway import entry, language
from gateway.account import factors, password, proof, sessions
from gateway.auth import current_account
from gateway.console import accounts as console_accounts
from gateway.console import (
    activations,
    charges,
    esim_reissues,
    group_recharges,
    keys,
    orders,
    plan_changes,
    recharges,
    resumptions,
    share_change,
    share_deletion,
    share_registration,
    shares,
    sims,
    suspensions,
)
from gateway.console import audit as console_audit
from gateway.console import login as console_login
from gateway.console import mail_settings as console_mail_settings
from gateway.console import manual as console_manual
from gateway.console import options as console_options
from gateway.console import reissues as console_reissues
from gateway.console import requests as console_requests
from gateway.console import shipments as console_shipments
from gateway.console import start as console_start
from gateway.console import terminations as console_terminations
from gateway.selfcare import (
    applications,
    assignments,
    bulk,
    call_details,
    card,
    contracts,
    line_passwords,
    manual,
    masters,
    menu,
    own_password,
    pairs,
    password_change,
    recovery,
    rejections,
    usage,
)
from gateway.selfcare import login as selfcare_login
from gateway.staff import accounts as staff_accounts
from gateway.staff import applications as staff_applications
from gateway.staff import audit as staff_audit
from gateway.staff import customers as staff_customers
from gateway.staff import imports, numbers, reflections, terminations
from gateway.staff import login as staff_login
from gateway.staff import orders as staff_orders
from gateway.staff import shipments as staff_shipments
from gateway.staff import start as staff_start
from gateway.staff import stock as staff_stock
from gateway.web import formats, labels, second_step
from gateway.web import options as option_names

_GROUPS = (
    entry,
    selfcare_login,
    recovery,
    menu,
    manual,
    contracts,
    usage,
    call_details,
    line_passwords,
    own_password,
    password_change,
    applications,
    card,
    pairs,
    masters,
    assignments,
    rejections,
    bulk,
    console_login,
    console_start,
    console_requests,
    console_reissues,
    console_shipments,
    plan_changes,
    console_options,
    console_terminations,
    console_manual,
    sims,
    recharges,
    group_recharges,
    share_registration,
    share_change,
    share_deletion,
    shares,
    suspensions,
    resumptions,
    orders,
    console_mail_settings,
    activations,
    esim_reissues,
    charges,
    console_accounts,
    keys,
    console_audit,
    staff_login,
    staff_start,
    staff_customers,
    staff_accounts,
    staff_audit,
    imports,
    staff_orders,
    reflections,
    staff_applications,
    terminations,
    numbers,
    staff_shipments,
    staff_stock,
    second_step,
    password,
    factors,
    sessions,
    proof,
)


def register(app: Flask) -> None:
    """Add the pages to an application that already speaks its languages (`gateway.language`)."""
    app.config["BOOTSTRAP_SERVE_LOCAL"] = True
    Bootstrap5(app)
    _add_texts(app)
    app.jinja_env.filters.update(formats.FILTERS, options=option_names.shown)
    app.jinja_env.globals.update(labels=labels, current_language=language.current)
    app.context_processor(_common)
    for group in _GROUPS:
        app.register_blueprint(group.blueprint)


def _add_texts(app: Flask) -> None:
    """The texts of pages are a catalogue of their own, `pages.po`, beside the core's `messages.po`."""
    babel = get_babel(app)
    babel.default_domain += ";pages"
    babel.translation_directories.append(str(Path(app.root_path) / "translations"))


def _common() -> dict[str, Any]:
    settings = current_app.config["KAISEN"]
    english = language.current() == "en"
    return {
        "account": current_account(),
        "operator": {
            "name": settings.operator_name_en if english else settings.operator_name_ja,
            "phone": settings.inquiry_phone,
            "hours": settings.inquiry_hours_en if english else settings.inquiry_hours_ja,
            "mail_domain": settings.inquiry_mail_domain,
            "privacy_url": settings.privacy_url,
        },
    }
