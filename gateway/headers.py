"""Security headers of every answer."""

import secrets

from flask import Flask, Response, g, request

_YEAR = 365 * 24 * 3600
_PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


def init_app(app: Flask) -> None:
    app.jinja_env.globals["csp_nonce"] = nonce
    app.after_request(_add)


def nonce() -> str:
    """The request's nonce: `<script nonce="{{ csp_nonce() }}">`."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def allow(directive: str, *sources: str) -> None:
    """Open this one answer's content security policy to further sources, such as "connect-src" to an origin."""
    g.setdefault("csp_allowed", {})[directive] = sources


def _policy() -> str:
    own = f"'self' 'nonce-{nonce()}'"
    allowed: dict[str, tuple[str, ...]] = g.get("csp_allowed", {})
    scripts = " ".join((own, *allowed.get("script-src", ())))
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src {scripts}",
            f"style-src {own}",
            *(f"{name} 'self' {' '.join(those)}" for name, those in allowed.items() if name != "script-src"),
            "img-src 'self' data:",  # Bootstrap's icons are data: images
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def _add(response: Response) -> Response:
    headers = response.headers
    headers["Content-Security-Policy"] = _policy()
    headers["X-Content-Type-Options"] = "nosniff"
    headers["X-Frame-Options"] = "DENY"  # for browsers that predate frame-ancestors
    headers["Referrer-Policy"] = "same-origin"
    headers["Permissions-Policy"] = _PERMISSIONS
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    if request.is_secure:
        headers["Strict-Transport-Security"] = f"max-age={_YEAR}"
    if not (request.endpoint or "").endswith("static"):
        headers["Cache-Control"] = (
            "no-store"  # pages and answers are made for one caller, or hold a form token
        )
    return response
