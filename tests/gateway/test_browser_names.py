"""Browsers in words that people recognise."""

import pytest

from gateway.web.browsers import browser_name

WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
BLINK = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0"


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("", ""),
        ("curl/8.5.0", "curl/8.5.0"),
        ("x" * 61, "x" * 60 + "…"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox 128 (Linux)"),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {BLINK} Safari/537.36", "Chrome 126 (Windows)"),
        (
            f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {BLINK} Safari/537.36 Edg/126.0.2592.87",
            "Edge 126 (Windows)",
        ),
        (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {BLINK} Safari/537.36", "Chrome 126 (ChromeOS)"),
        (
            f"Mozilla/5.0 (Linux; Android 14; SM-S921B) {BLINK} Mobile Safari/537.36",
            "Chrome 126 (Android)",
        ),
        (
            f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {WEBKIT} Version/17.5 Safari/605.1.15",
            "Safari 17 (macOS)",
        ),
        (
            f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) {WEBKIT} Version/17.5 "
            "Mobile/15E148 Safari/604.1",
            "Safari 17 (iPhone)",
        ),
        (
            f"Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) {WEBKIT} CriOS/126.0 Mobile/15E148 Safari/604.1",
            "Chrome 126 (iPad)",
        ),
        ("Firefox/128", "Firefox 128"),
    ],
)
def test_a_browser_is_named_with_its_system(user_agent: str, name: str) -> None:
    assert browser_name(user_agent) == name
