"""Valid and invalid HOCON, generated from a seed, as administrators, editors and accidents do."""

from __future__ import annotations

import json
import random
from collections.abc import Callable

OPT_INS = (
    "dropsonde { enabled = true }",
    "dropsonde: { enabled: true, interval: 86400 }",
    "dropsonde.enabled = true",
    '"dropsonde" : { "enabled" : "true" }',
    "dropsonde = ${?base}\ndropsonde.enabled = true",
    "dropsonde.enabled = ${?ON}",
    "base { enabled = true }\ndropsonde = ${base}",
    "dropsonde { enabled = false }\ndropsonde { enabled = true }",
    "dropsonde.enabled = false\ndropsonde.enabled = ${?ON}",
    "dropsonde.enabled = true\ndropsonde.enabled = ${?nope}",
)
# Other files of a conf.d as packages and administrators write them; each sets different keys.
ORDINARY = (
    'jruby-puppet {\n  gem-home: /g\n  gem-path: [${jruby-puppet.gem-home}, "/x"]\n}',
    "global: { logging-config: ${?LOGBACK}, home: ${ON} }",
    "webserver { port = 8140\n}\nwebserver.port = ${?PORT}",
    'authorization { rules: [{ match-request: { path: "^/a/([^/]+)$" }, allow: "$1" }] }',
    'metrics { text = """a "quoted"\n text""", include "none" }',
    'include "none.conf"\nprofiler { enabled: false }',
    "ca.allow += one\nca.allow += two",
    'web-router { "puppetlabs.services.ca/ca": "/puppet-ca" }',
    "http-client {\n  # dropsonde: { enabled: false }\n}",
    "# module metrics via Dropsonde\ndropsonde: {\n    # enabled: true\n    # interval: 604800\n}",
    "",
)
# Each of these invalidates an opt-in of another file.
MENTIONS = (
    "dropsonde.enabled = false",
    "dropsonde { enabled: true }",
    "dropsonde = null",
    '"\\u0064ropsonde".enabled = true',
    '"drop"sonde { enabled = false }',
    'dropsonde { include "none" }',
    "dropsonde { interval = ${?NOPE} }",
    "x = dropsonde",
    'x = ["Drop\\u0073onde"]',
    "x = ${?dropsonde.enabled}",
    "x { dropsonde { enabled = false } }",
    'include "dropsonde.conf"',
    "[{ dropsonde: 1 }]",
)
_PLAIN_VALUES = ("true", '"true"')
_PLAIN_SIGNS = (" = ", ": ", "=", ":", " : ", "\t=\n  ")
_PLAIN_COMMENTS = (
    *("# c\n", "// c\n", "\n", "\n\n", "# dropsonde: { enabled: false }\n"),
    *('# include "none" ${x} += """\n', "#\n", "  \n", "// { [ ,\r\n"),
)
_PLAIN_OTHERS = (
    *("a = 1", "profiler: { enabled: false }", 'x { y = [1, 2.5, "s"], z: "s t" }', "b.c = /etc/x"),
    *(
        "n = null",
        "t: text with blanks",
        '"q" : 1.5',
        "l = [\n1\n2\n]",
        "e {}",
        "w = 10s",
        "m = []",
    ),
    *("s1 = /s\ns2 = x${s1}y\ns3 { s4 = [${s1}, s], s5 = ${?s1} }", "p1.p2 = 1\np3 = ${p1.p2}"),
    *("caf\u00e9 = true", "u = a/b # c", 'v = "\\"x\\" // y"', "o = { p = { q = -1 } }"),
)
_KEYS = (
    *("a", "b", "c", "x-y", "a.b", "b.c", "a b", '"a"', '"a.b"', '"\\u0061"', "1", "1.5", "true"),
    *("dropsonde", "enabled", "interval", "dropsonde.enabled", '"dropsonde"', '"enabled"', '""'),
    *('dropsonde."enabled"', '"dropsonde".enabled', '"""a"""', 'a."b.c".d', "-x", "10a", "null.x"),
)
_SCALARS = (
    *("true", "false", "null", '"true"', '"false"', "yes", "on", "True", "TRUE", "truefalse"),
    *(
        "1",
        "86400",
        "1.5",
        "1.0",
        "1e3",
        "-1",
        "007",
        "5.",
        ".5",
        "9999999999",
        "1.2.3",
        "10.0.0.1",
    ),
    *("12345678901234567890", "10 s", "/etc/x", "a/b", "a//b", "x#y", "a b", "+5", "1-2"),
    *('"a b"', '""', '"0x1"', '"+5"', '"\\u0074rue"', '"""t\n"x""""', '"\\"true\\""', '"\\""'),
    *('"\\"\\"x\\"\\""', "${a}", "${?a}", "${a.b}", "${?b.c}", "${?ON}", "${ON}", "${?nope}"),
    *(
        "${?dropsonde.enabled}",
        "${?ON}x",
        "a ${?a} b",
        "true ${?nope}",
        "t${?nope}",
        "${?nope}true",
    ),
)
_PATHS = ("a", "b", "c", "a.b", "b.c", "dropsonde", "enabled", "dropsonde.enabled")
_SUBSTITUTED = (*_PATHS, "a.c", "ON", "nope", "WORD")
_BLANKS = ("", "", " ", " ", "\t", "\n", "\n  ", " # c\n", " // {c\n", "\u00a0", "\r\n")
_SEPARATORS = ("\n", "\n", "\n", ",", ", ", ",\n", "\n,", " # x\n", " ")
_ACCIDENTS = (
    *'{}[]:=,"\\$#/+.\n\t\r _-019abtruefalsn?!@*&^`',
    *("\u00a0", "\ufeff", "\u2028", "\u0085", "\u200b", "\x0b", "\x1c", "\0", "ä", "😀", "\x7f"),
    *('"""', "//", "${", "${?", "}", "+=", "\\u0041", "\\n", "\\x", "include ", "null", "\r\n"),
)
_INI = ("[dropsonde]", "[Dropsonde]", "[a]", "[a/b]", "enabled = true", "Enabled: true")
_INI_LINES = (
    *_INI,
    "interval = 600",
    "enabled = yes",
    "x = ${a}",
    "x = a\\",
    "# c",
    "; c",
    "",
    "x",
)


class Texts:
    """Generates texts."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng

    def fields(self, depth: int) -> str:
        """Make some settings."""
        made = ""
        for _ in range(self._rng.randint(0, 4)):
            made += self._blank() + self._pick(_KEYS) + self._blank()
            if depth and self._rng.random() < 0.25:
                made += self._object(depth - 1)
            else:
                made += self._pick((":", "=", ":", "=", "+=")) + self._blank() + self._value(depth)
            made += self._pick(_SEPARATORS)
        return made

    def hocon(self) -> str:
        """Make an opt-in among other settings, or alone."""
        parts = [self._pick(OPT_INS)]
        if self._rng.random() < 0.6:
            parts += [self.fields(2), self.fields(1)]
        self._rng.shuffle(parts)
        made = "\n".join(parts)
        made = f"{{{made}}}" if self._rng.random() < 0.2 else made
        return self._pick(("\ufeff", *[""] * 9)) + self._spoiled(made)

    def plain(self) -> str:
        """Make an opt-in that must be recognised, with comments and other plain settings."""
        stanza, enabled = self._either("dropsonde"), self._either("enabled")
        sign, value = self._pick(_PLAIN_SIGNS), self._pick(_PLAIN_VALUES)
        if self._rng.random() < 0.3:
            made = f"dropsonde.enabled{sign}{value}"
        else:
            settings = [f"{enabled}{sign}{value}"]
            if self._rng.random() < 0.4:
                settings += [f"interval{self._pick(_PLAIN_SIGNS)}86400"]
            self._rng.shuffle(settings)
            between = self._pick((", ", "\n", ",\n", "\n  ", " # c\n"))
            opening = self._pick((" {", "{", ": {", " = {\n", "\n{ "))
            made = stanza + opening + between.join(settings) + self._pick((" }", "}", "\n}", ",}"))
        parts = [made, *self._rng.sample(_PLAIN_OTHERS, self._rng.choice((0, 0, 1, 2, 3)))]
        self._rng.shuffle(parts)
        made = "".join(f"{self._pick(_PLAIN_COMMENTS)}{part}{self._end()}" for part in parts)
        made = f"{{\n{made}}}\n" if self._rng.random() < 0.1 else made
        made = made.replace("\n", "\r\n") if self._rng.random() < 0.1 else made
        return self._pick(("\ufeff", *[""] * 9)) + made

    def spoiled(self) -> str:
        """The same with accidents, or with settings that are not plain."""
        return self._spoiled(self.plain() + self._pick(("", "", "", self.fields(1))))

    def substitutions(self) -> str:
        """Make settings that substitute each other, with or without an opt-in."""
        lines = [
            self._pick(_PATHS) + self._pick((" = ", " = ", " : ", " += ")) + self._substituting(2)
            for _ in range(self._rng.randint(1, 5))
        ]
        return "\n".join([*lines, self._pick(("", "dropsonde.enabled = true"))])

    def json(self) -> str:
        """Make an opt-in in JSON."""
        enabled = self._rng.choice((True, "true", False, None))
        made = {"dropsonde": {"enabled": enabled, "interval": 600}, "a": [1, 1.5, "x\u00e4"]}
        return self._spoiled(json.dumps(made, indent=self._rng.choice((None, 2))))

    def ini(self) -> str:
        """Make lines of an .ini file."""
        lines = [self._pick(_INI_LINES) for _ in range(self._rng.randint(1, 5))]
        return self._spoiled("\n".join(["[dropsonde]", *lines]))

    def _either(self, key: str) -> str:
        return self._pick((key, key, f'"{key}"'))

    def _end(self) -> str:
        return self._pick(("\n", " # c\n", "// true\n", ",\n"))

    def _blank(self) -> str:
        return self._pick(_BLANKS)

    def _pick(self, choices: tuple[str, ...]) -> str:
        return self._rng.choice(choices)

    def _object(self, depth: int) -> str:
        return "{" + self._blank() + self.fields(depth) + self._blank() + "}"

    def _value(self, depth: int) -> str:
        kinds: list[Callable[[], str]] = [lambda: self._pick(_SCALARS)] * 3
        if depth:
            kinds += [lambda: self._object(depth - 1), lambda: self._list(depth - 1)]
        made = self._rng.choice(kinds)()
        return made + (" " + self._value(0) if self._rng.random() < 0.1 else "")

    def _list(self, depth: int) -> str:
        elements = (self._value(depth) for _ in range(self._rng.randint(0, 3)))
        return "[" + self._blank() + self._pick(_SEPARATORS).join(elements) + self._blank() + "]"

    def _substituting(self, depth: int) -> str:
        reference = f"${{{self._pick(('', '?', '?'))}{self._pick(_SUBSTITUTED)}}}"
        plain = self._pick(("true", '"true"', "false", "1", "x", "null", "[]", "{}"))
        made = [plain, reference, f"{plain} {reference}", f"x{reference}", f"{reference} true"]
        if depth:
            field = self._pick(_PATHS) + self._pick((" = ", " += ")) + self._substituting(depth - 1)
            other = self._pick(_PATHS) + ": " + self._substituting(depth - 1)
            made += [
                f"{{{field}, {other}}}",
                f"{{{field}}} {reference}",
                f"{reference} {{{other}}}",
            ]
            made += [f"[{self._substituting(depth - 1)}]", f"{reference} [{plain}]"]
        return self._rng.choice(made)

    def _spoiled(self, text: str) -> str:
        """Spoil a text with up to three accidents: a character lost, doubled, swapped or added."""
        for _ in range(self._rng.choice((0, 0, 1, 1, 1, 2, 3))):
            at, other = sorted(self._rng.randrange(len(text)) for _ in range(2))
            text = self._pick(
                (
                    text[:at] + text[at + 1 :],
                    text[:at] + text[at] + text[at:],
                    text[:at] + text[other] + text[at + 1 : other] + text[at] + text[other + 1 :],
                    text[:at] + self._pick(_ACCIDENTS) + text[at:],
                    text[:at] + self._pick(_ACCIDENTS) + text[at + 1 :],
                )
            )
        return text
