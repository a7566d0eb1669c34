"""``jruby-puppet`` sections, generated from a seed: directories written in every way."""

from __future__ import annotations

import random

ENVIRON = {
    "PATH": "/usr/bin:/bin",
    "BASE": "/srv",
    "WORD": "word",
    "BLANK": "/a b",
    "EMPTY": "",
    "QUOTED": '"/q"',
    "HASH": "/a#b",
    "SLASHES": "/a//b",
    "NUMBER": "12",
    "UMLAUT": "/\u00e4",
}
# The program must read these; each with what Puppet Server reads.
PLAIN = {
    "/etc/puppet": "/etc/puppet",
    '"/etc/puppet"': "/etc/puppet",
    "/etc/my dir": "/etc/my dir",
    "/etc/puppet # c": "/etc/puppet",
    "${BASE}": "/srv",
    "${?BASE}": "/srv",
    "${BASE}/puppet": "/srv/puppet",
    '${BASE}"/puppet"': "/srv/puppet",
    "/x/${WORD}/y": "/x/word/y",
    "${base.dir}/puppet": "/base/puppet",
    "${jruby-puppet.gem-home}/x": "/gems/x",
    "${?NOPE}/x": "/x",
}
_NAMES = ("conf-dir", "code-dir", "var-dir", "log-dir")
_KEYS = (*(f"{old}-{name}" for old in ("server", "master") for name in _NAMES), "gem-home", "x")
_VALUES = (
    *(*PLAIN, "/etc//puppet", "/a#b", "relative", "null", '"/a\\u0062"', '"/a\\tb"', '"""/t"""'),
    *("[1]", "{a: 1}", "12", "true", '"/a" "b"', '/a"b"c', "/\u00e4", '"/a//b"', '"${BASE}"'),
    *("/a ${?NOPE} b", "${BASE} /x", '"/x"${BASE}', "${BASE}${WORD}", "${BLANK}/x", "${EMPTY}/x"),
    *("${QUOTED}", "${HASH}", "${SLASHES}", "${NUMBER}", "/n/${NUMBER}", "${UMLAUT}", "${NOPE}"),
    *("${?NOPE}", "${jruby-puppet.server-var-dir}/l", "${jruby-puppet.x}", "/n/${base.number}"),
    *(
        "${?base.none}",
        "${ base.dir }",
        '${"base".dir}',
        "${base}",
        "/t/${base.yes}",
        "${base.nil}",
    ),
    *("/t/${base.nil}", "/a=b", "/a:b", "/a+b", "/10s", "10 s", "~/x", "/a,", "/a\t/b", "/a-b_c.d"),
)
_BEFORE = (
    *("", "base { dir = /base, number = 007, yes = true, nil = null }\n", "base.dir = /base\n"),
    *("base.dir = /base\nbase.dir = ${BASE}/z\n", "BASE = /own\n", "BASE = {a: 1}\n", "base = x\n"),
    *("jruby-puppet.gem-home = /gems\n", 'base.dir = "/q d"\n'),
)
_AFTER = (
    *("", "", "", "\njruby-puppet.server-var-dir = /post", "\njruby-puppet = null"),
    *("\njruby-puppet = ${base}", '\ninclude "none"', "\njruby-puppet += 1"),
    *("\njruby-puppet.server-conf-dir = ${?BASE}", "\njruby-puppet.server-conf-dir = ${?NOPE}"),
    *('\n"jruby-puppet"."server-conf-dir" = /quoted', "\njruby-puppet.server-conf-dir += /x"),
    "\njruby-puppet = {server-conf-dir = /late} {x = 1}",
)


def plain(value: str) -> str:
    """Make a section with one directory that the program must read."""
    return f"base.dir = /base\njruby-puppet {{\n gem-home: /gems\n server-var-dir: {value}\n}}\n"


def section(rng: random.Random) -> str:
    """Make a section, with settings before and after it that change its result."""

    def settings() -> list[str]:
        count = rng.randint(1, 4)
        return [
            rng.choice(_KEYS) + rng.choice((" = ", ": ")) + rng.choice(_VALUES)
            for _ in range(count)
        ]

    if rng.random() < 0.2:
        made = "\n".join(f"jruby-puppet.{each}" for each in settings())
    else:
        key = rng.choice(("jruby-puppet", "jruby-puppet:", '"jruby-puppet" :'))
        made = f"{key} {{\n" + "\n".join(settings()) + "\n}"
    return rng.choice(_BEFORE) + made + rng.choice(_AFTER)
