"""From a change that asks for a fresh proof of the person to the page of the proof, and back.

Nothing that was typed is kept or sent again: the person comes back to the form and decides anew.
"""

from urllib.parse import urlsplit

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from gateway.web.paths import is_page


def lead_to_proof() -> Response:
    """Instead of the page that a service has refused with `proof.required`."""
    if request.method in ("GET", "HEAD"):
        return redirect(url_for("account_proof.show", next=request.full_path.rstrip("?")), 303)
    return redirect(url_for("account_proof.show", next=_page_of_the_form(), repeat="yes"), 303)


def _page_of_the_form() -> str | None:
    """The page that the refused form stood on; None if nobody can tell."""
    if is_page(request.path):
        return request.full_path.rstrip("?")
    referrer = urlsplit(request.referrer or "")
    path = f"{referrer.path}?{referrer.query}".rstrip("?")
    return path if referrer.netloc == request.host and is_page(path) else None
