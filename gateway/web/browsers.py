"""What a browser says of itself, in words that its owner recognises."""

import re

# The first that is found counts: most browsers also name those that they descend from.
_BROWSERS = (
    ("Edge", r"Edg(?:A|iOS)?/(\d+)"),
    ("Opera", r"OPR/(\d+)"),
    ("Samsung Internet", r"SamsungBrowser/(\d+)"),
    ("Firefox", r"(?:Firefox|FxiOS)/(\d+)"),
    ("Chrome", r"(?:Chrome|CriOS)/(\d+)"),
    ("Safari", r"Version/(\d+)[\d.]* (?:Mobile/\w+ )?Safari/"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("macOS", "Mac OS X"),
    ("ChromeOS", "CrOS"),
    ("Linux", "Linux"),
)
_LONGEST = 60


def browser_name(user_agent: str) -> str:
    """Such as `Firefox 128 (Windows)`; of an unknown program its own words, shortened; empty if it said nothing."""
    for name, pattern in _BROWSERS:
        if found := re.search(pattern, user_agent):
            system = next((system for system, word in _SYSTEMS if word in user_agent), "")
            return f"{name} {found[1]}" + (f" ({system})" if system else "")
    return user_agent if len(user_agent) <= _LONGEST else f"{user_agent[:_LONGEST]}…"
