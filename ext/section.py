"""The parts of documents that scripts make: from a mark, which says who makes it, to an end."""

from __future__ import annotations

import re

END = "<!-- end -->"


def replaced(text: str, mark: str, content: str) -> str:
    """Replace what stands between a mark and the end after it.

    Args:
        text: of a Markdown file.
        mark: the line before the part, with its newline.
        content: the new part.

    Raises:
        ValueError: the mark, with an end after it, is not there exactly once.
    """
    made, found = re.subn(
        f"({re.escape(mark)}).*?(?={END})", lambda match: match[1] + content, text, flags=re.DOTALL
    )
    if found != 1:
        raise ValueError(f"{found} places for {mark.strip()}")
    return made
