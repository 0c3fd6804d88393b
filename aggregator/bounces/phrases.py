"""Words to look for in mails, written one alternative a line."""

from __future__ import annotations

import re


def any_of(lines: str) -> re.Pattern[str]:
    """A pattern that finds any of the lines, whatever the case; a line that ends in `…` goes on in the next."""
    joined = re.sub("…\\n\\s*", "", lines.strip())
    return re.compile("|".join(line.strip() for line in joined.splitlines()), re.IGNORECASE)
