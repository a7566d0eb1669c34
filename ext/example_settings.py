"""Print a telemetry.yaml with every setting, each commented out.

Run it with the Python that has dropsonde: the settings are those of that version.
"""

from __future__ import annotations

from dropsonde.settings.options import FLAG, NAMES, OPTIONS, Option

HEAD = """\
# Settings of dropsonde, every one commented out: telemetry.yaml(5) says more.
# The file belongs in the directory above Puppet's confdir: /etc/puppetlabs/telemetry.yaml, or, with
# Debian's own packages, /etc/telemetry.yaml. What the command line says wins over it.
# It opts in to nothing: that is dropsonde.enabled in Puppet Server's conf.d.
---
"""


def main() -> None:
    print(HEAD, end="")
    for option in OPTIONS:
        print(f"\n# {option.name}: {option.help}")
        if option.choices:
            print(f"# one of: {', '.join(option.choices)}")
        print(f"#:{option.name}: {_value(option)}")


def _value(option: Option) -> str:
    """The default as YAML; without one, the placeholder of the help."""
    if option.kind == FLAG:
        return str(option.default).lower()
    if option.kind == NAMES:
        return f"[{option.metavar.lower()}]"
    return str(option.default or option.metavar or option.choices[0])


if __name__ == "__main__":
    main()
