"""QR codes, as images within a page."""

import segno
from markupsafe import Markup


def qr_code(text: str) -> Markup:
    """Inline SVG; the page's style sheet gives it its size."""
    image = segno.make_qr(text).svg_inline(
        omitsize=True, border=4, light="#fff", svgclass="qr-code", lineclass=None
    )
    return Markup(image)  # segno's own SVG: shapes, no text of anybody's
