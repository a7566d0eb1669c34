"""A page as its reader's browser has it: elements, words, numbers, links."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

VOID = {"meta", "link", "img", "input", "rect", "br"}
# Where digits are no numbers: names and versions, weeks and dates.
WORDS = {"bdi", "time"}
SPOKEN = {"aria-label", "alt", "title", "placeholder"}


@dataclass
class Number:
    """A ``data`` element."""

    value: str
    cell: str
    text: str = ""


@dataclass
class Page(HTMLParser):
    """What stands on a page.

    Attributes:
        tags: each element that was opened, with its attributes.
        numbers: each number that says its cell.
        words: names, versions, weeks and dates.
        loose: texts that stand elsewhere.
        title: of the page.
        document: of the cells that name none.
        rows: the cells that open elements name, of whose members only the names stand in them.
    """

    tags: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    numbers: list[Number] = field(default_factory=list)
    words: set[str] = field(default_factory=set)
    loose: list[str] = field(default_factory=list)
    title: str = ""
    document: str = ""
    open: list[str] = field(default_factory=list)
    rows: list[str | None] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.append((tag, given))
        self.document = given.get("data-document", self.document)
        if tag == "data":
            cell = given["data-cell"]
            if "#" not in cell:
                cell = f"{[row for row in self.rows if row][-1]}/{cell}"
            whole = f"{self.document}{cell}" if cell.startswith("#") else cell
            self.numbers.append(Number(given["value"], whole))
        if tag not in VOID:
            self.open.append(tag)
            self.rows.append(given.get("data-row"))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()
            self.rows.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"{tag} at {self.getpos()}"
        self.rows.pop()

    def handle_data(self, data: str) -> None:
        if self.open[-1:] == ["data"]:
            self.numbers[-1].text += data
        elif WORDS & set(self.open):
            self.words.add(data)
        elif self.open[-1:] == ["title"]:
            self.title += data
        else:
            self.loose.append(data)

    def spoken(self) -> list[str]:
        """Texts in attributes, and the title."""
        said = [value for _, given in self.tags for name, value in given.items() if name in SPOKEN]
        said += [given["content"] for tag, given in self.tags if given.get("name") == "description"]
        return [*said, self.title]

    def given(self, name: str) -> list[str]:
        """An attribute's values, wherever it stands."""
        return [given[name] for _, given in self.tags if name in given]


def parsed(page: bytes) -> Page:
    """A page; it must be closed properly."""
    found = Page()
    found.feed(page.decode())
    found.close()
    assert found.open == []
    return found


def resolve(documents: dict[str, Any], cell: str) -> Any:
    """What a JSON pointer (RFC 6901) into a document is of."""
    path, _, pointer = cell.partition("#")
    value = documents[path]
    for step in pointer.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        if isinstance(value, list):
            assert key.isdecimal(), cell
            value = value[int(key)]
        else:
            value = value[key]
    return value
