# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes docs/unverified.md from the comments in plugins/ and roles/ that say UNVERIFIED.

A test compares the page with the comments, so that no assumption about Azure is hidden in the code.
"""

from __future__ import annotations

import pathlib
import re
import sys

CHECKOUT = pathlib.Path(__file__).resolve().parents[1]
PAGE = CHECKOUT / "docs" / "unverified.md"
FOLDERS = ("plugins", "roles", "playbooks")
SUFFIXES = (".py", ".yml")
MOST_LINES = 5
"""How long a comment about one assumption may be."""

HEADING = """\
# What is assumed about Azure

Each line is an assumption that no public document or recorded answer of the service proves. Whoever can look at a real
subscription is welcome to: confirm it and take the word UNVERIFIED out of the comment, or correct the code.
`make assumptions` writes this page from the comments.
"""


def page() -> str:
    """Return the page as the comments want it. It has no line numbers, which each change of a file would make wrong."""
    parts = [HEADING]
    for folder in FOLDERS:
        for file in sorted(path for path in (CHECKOUT / folder).rglob("*") if path.suffix in SUFFIXES):
            found = assumptions(file.read_text(encoding="utf-8"))
            if found:
                parts.append(f"\n## {file.relative_to(CHECKOUT).as_posix()}\n\n")
                parts.extend(f"- {assumption}\n" for assumption in found)
    return "".join(parts)


def assumptions(text: str) -> list[str]:
    """Return the assumptions in a source text: from the word to the end of the sentence at a line's end."""
    lines = [line.strip().strip('#"').strip() for line in text.splitlines()]
    found = []
    for number, line in enumerate(lines):
        start = re.search(r"\bUNVERIFIED\b[:,.;]?\s*(.*)", line)
        if not start:
            continue
        words = start.group(1)
        for following in lines[number + 1 : number + MOST_LINES]:
            if words.endswith((".", ")")) or not following or "UNVERIFIED" in following:
                break
            words = f"{words} {following}".strip()
        found.append(words)
    return found


def main() -> int:
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
    print(f"Wrote {PAGE.relative_to(CHECKOUT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
