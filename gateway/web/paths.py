"""Addresses that a request names for what comes after it: they must lead to pages of ours."""

from urllib.parse import urlsplit

from flask.globals import request_ctx


def local_path(target: str) -> str:
    """`target` if it is a path of this site, else the entrance: a form must not send people elsewhere."""
    # Browsers read a backslash as a slash and skip control characters, so that either may hide a host.
    harmless = (
        target.startswith("/") and not target.startswith("//") and "\\" not in target and target.isprintable()
    )
    parts = urlsplit(target) if harmless else None
    return target if parts is not None and not parts.scheme and not parts.netloc else "/"


def is_page(target: str) -> bool:
    """Whether `target` is a path of this site that shows a page: not of the API, and not only a form's receiver."""
    adapter = request_ctx.url_adapter
    path = urlsplit(target).path if local_path(target) == target else ""
    return (
        adapter is not None
        and path != ""
        and not path.startswith("/api/")
        and adapter.test(path, method="GET")
    )
