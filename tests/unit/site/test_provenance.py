"""What makes a module public, and what makes a class of it public."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dropsonde.settings.options import INSTALLED, STRICT
from dropsonde.site.provenance import PublicClasses, PublicModule, public_module
from dropsonde.site.puppet.modules import read_module
from tests.support.sites import NTP, SLUGS, md5, put, put_module

PUBLIC = PublicModule("ntp", "puppetlabs-ntp", "1.0.0")
NAMES = frozenset({"ntp", "ntp::config"})


def classes_of(
    *copies: Path, evidence: str = STRICT, module: PublicModule = PUBLIC, dpkg: Path | None = None
) -> PublicClasses:
    index = PublicClasses(evidence, dpkg or Path("/nowhere"))
    for copy in copies:
        index.add(copy, module)
    return index


def public(path: Path, **metadata: Any) -> PublicModule | None:
    put(path / "metadata.json", json.dumps(metadata))
    return public_module(read_module(path), SLUGS)


# Modules.


@pytest.mark.parametrize("name", ["puppetlabs-ntp", "puppetlabs/ntp"])
def test_a_module_on_the_list_in_a_directory_of_its_name_is_public(
    tmp_path: Path, name: str
) -> None:
    assert public(tmp_path / "ntp", name=name, version="1.0.0") == PUBLIC


@pytest.mark.parametrize(
    ("directory", "name"),
    [
        ("acme_ntp", "puppetlabs-ntp"),
        ("ntp", "puppetlabs-apache"),
        ("ntp", "acme-ntp"),
        ("ntp", "ntp"),
        ("ntp", "Puppetlabs-ntp"),
        ("ntp", "puppetlabs-ntp-acme"),
        ("ntp", " puppetlabs-ntp"),
        ("ntp", ""),
        ("ntp", None),
        ("ntp", ["puppetlabs-ntp"]),
    ],
)
def test_any_other_module_is_private(tmp_path: Path, directory: str, name: object) -> None:
    assert public(tmp_path / directory, name=name, version="1.0.0") is None


@pytest.mark.parametrize("text", [None, "", "{", "[]", '"puppetlabs-ntp"', "[" * 100_000])
def test_a_module_without_good_metadata_is_private(tmp_path: Path, text: str | None) -> None:
    (tmp_path / "ntp").mkdir()
    if text is not None:
        put(tmp_path / "ntp/metadata.json", text)
    assert public_module(read_module(tmp_path / "ntp"), SLUGS) is None


@pytest.mark.parametrize(
    ("version", "told"),
    [
        ("1.2.3", "1.2.3"),
        ("1.2.3-rc1", "1.2.3-rc1"),
        ("1.2.3-acme-hotfix", None),
        ("1.2.3+acme", None),
        ("1.2.3\n", None),
        ("acme", None),
        (1, None),
        (None, None),
    ],
)
def test_a_version_that_the_forge_cannot_have_is_not_told(
    tmp_path: Path, version: object, told: str | None
) -> None:
    found = public(tmp_path / "ntp", name="puppetlabs-ntp", version=version)
    assert found == PublicModule("ntp", "puppetlabs-ntp", told)


# Classes: checksums.json.


def test_manifests_as_published_make_their_classes_public(tmp_path: Path) -> None:
    copy = put_module(tmp_path / "ntp")
    index = classes_of(copy)
    assert index.names() == NAMES
    assert index.defines(copy, "ntp")
    assert index.defines(copy, "ntp::config")
    assert not index.defines(copy, "ntp::other")
    assert index.defines_any(copy)
    assert (index.withheld(), index.unparsed) == (0, 0)


def test_a_class_of_a_changed_manifest_is_withheld(tmp_path: Path) -> None:
    copy = put_module(tmp_path / "ntp")
    put(copy / "manifests/config.pp", NTP["config"] + "\n")
    index = classes_of(copy)
    assert index.names() == {"ntp"}
    assert not index.defines(copy, "ntp::config")
    assert index.withheld() == 1


def test_a_class_of_an_added_manifest_is_withheld(tmp_path: Path) -> None:
    copy = put_module(tmp_path / "ntp")
    put(copy / "manifests/acme/clock.pp", "class ntp::acme::clock {}")
    put(copy / "manifests/acme.pp.orig", "class ntp::acme {}")
    index = classes_of(copy)
    assert index.names() == NAMES
    assert not index.defines(copy, "ntp::acme::clock")
    assert index.withheld() == 1


def test_a_manifest_that_was_deleted_defines_nothing(tmp_path: Path) -> None:
    copy = put_module(tmp_path / "ntp")
    (copy / "manifests/config.pp").unlink()
    index = classes_of(copy)
    assert index.names() == {"ntp"}
    assert not index.defines(copy, "ntp::config")
    assert index.withheld() == 0


def test_without_checksums_no_class_is_public(tmp_path: Path) -> None:
    copy = put_module(tmp_path / "ntp", checksums=False)
    index = classes_of(copy)
    assert index.names() == frozenset()
    assert not index.defines(copy, "ntp")
    assert not index.defines_any(copy)
    assert index.withheld() == 2


def test_an_odd_version_is_a_build_of_the_sites_own_checksums_and_all(tmp_path: Path) -> None:
    copy = put_module(tmp_path / "ntp")
    index = classes_of(copy, module=PublicModule("ntp", "puppetlabs-ntp", None))
    assert index.names() == frozenset()
    assert index.withheld() == 2


GOOD = {f"manifests/{name}.pp": md5(text) for name, text in NTP.items()}


@pytest.mark.parametrize(
    ("document", "names"),
    [
        ({path: digest.upper() for path, digest in GOOD.items()}, NAMES),
        ({**GOOD, "manifests/gone.pp": md5(""), "a": 1, "manifests/config.pp": 7}, {"ntp"}),
        ({**GOOD, "manifests/config.pp": None}, {"ntp"}),
        ({**GOOD, "manifests/config.pp": ""}, {"ntp"}),
        ({**GOOD, "manifests/config.pp": {"md5": GOOD["manifests/config.pp"]}}, {"ntp"}),
        ({f"./{path}": digest for path, digest in GOOD.items()}, set()),
        ({f"ntp/{path}": digest for path, digest in GOOD.items()}, set()),
        ({"manifests/../../acme/manifests/init.pp": md5("class ntp::acme {}")}, set()),
        ({"manifests/": "", "manifests": "", "": "", "manifests/.pp": ""}, set()),
        ([*GOOD], set()),
        ({}, set()),
        (None, set()),
        ("x", set()),
        (7, set()),
    ],
)
def test_checksums_of_all_kinds(tmp_path: Path, document: object, names: set[str]) -> None:
    put(tmp_path / "acme/manifests/init.pp", "class ntp::acme {}")
    copy = put_module(tmp_path / "ntp")
    put(copy / "checksums.json", json.dumps(document))
    index = classes_of(copy)
    assert index.names() == names
    assert index.withheld() == len(NTP) - len(names)


def test_a_build_on_windows_wrote_its_own_separators(tmp_path: Path) -> None:
    """Some releases on the Forge name `manifests\\\\init.pp`."""
    copy = put_module(tmp_path / "ntp")
    windows = {path.replace("/", "\\"): digest for path, digest in GOOD.items()}
    put(copy / "checksums.json", json.dumps(windows))
    index = classes_of(copy)
    assert (index.names(), index.withheld()) == (NAMES, 0)


@pytest.mark.parametrize("separator", ["/", "\\"])
def test_old_modules_have_their_checksums_in_metadata(tmp_path: Path, separator: str) -> None:
    """`puppet module changes` reads these where there is no checksums.json."""
    copy = put_module(tmp_path / "ntp", checksums=False)
    sums = {path.replace("/", separator): digest for path, digest in GOOD.items()}
    document = json.loads((copy / "metadata.json").read_text())
    put(copy / "metadata.json", json.dumps({**document, "checksums": sums}))
    put(copy / "manifests/acme.pp", "class ntp::acme {}")
    index = classes_of(copy)
    assert (index.names(), index.withheld()) == (NAMES, 1)
    put(copy / "checksums.json", "{}")  # which counts instead
    assert classes_of(copy).names() == frozenset()


@pytest.mark.parametrize("checksums", [None, 1, [], "x", {}, {"manifests/init.pp": 1}])
def test_odd_checksums_in_metadata(tmp_path: Path, checksums: object) -> None:
    copy = put_module(tmp_path / "ntp", checksums=False)
    document = json.loads((copy / "metadata.json").read_text())
    put(copy / "metadata.json", json.dumps({**document, "checksums": checksums}))
    assert classes_of(copy).names() == frozenset()


@pytest.mark.parametrize(
    "text", ["", "{", "\xff", "[" * 100_000, "9" * 5000, f'{{"a": "{"x" * (4 << 20)}"}}']
)
def test_checksums_that_cannot_be_read(tmp_path: Path, text: str) -> None:
    copy = put_module(tmp_path / "ntp")
    (copy / "checksums.json").write_bytes(text.encode("latin-1"))
    index = classes_of(copy)
    assert index.names() == frozenset()
    assert index.withheld() == 2


def test_a_class_outside_the_modules_own_namespace_is_not_public(tmp_path: Path) -> None:
    """Puppet would not load it from there; another module may have a private one of that name."""
    text = "class ntp { class inner {} } class apache::acme {} class ntpd {} class acme {}"
    copy = put_module(tmp_path / "ntp", manifests={"init": text})
    index = classes_of(copy)
    assert index.names() == {"ntp", "ntp::inner"}
    assert not index.defines(copy, "apache::acme")
    assert index.withheld() == 0


def test_a_published_manifest_that_does_not_parse_is_counted(tmp_path: Path) -> None:
    copy = put_module(tmp_path / "ntp", manifests={**NTP, "odd": "class ntp::odd {"})
    put(copy / "manifests/acme.pp", "class {")
    index = classes_of(copy)
    assert index.names() == NAMES
    assert index.unparsed == 1
    assert index.withheld() == 1  # the added one


def test_a_module_without_manifests(tmp_path: Path) -> None:
    copy = put_module(tmp_path / "stdlib", "puppetlabs-stdlib", {})
    index = classes_of(copy, module=PublicModule("stdlib", "puppetlabs-stdlib", "1.0.0"))
    assert index.names() == frozenset()
    assert not index.defines_any(copy)


def test_a_manifest_that_is_no_regular_file(tmp_path: Path) -> None:
    copy = put_module(tmp_path / "ntp")
    (copy / "manifests/config.pp").unlink()
    (copy / "manifests/config.pp").symlink_to("gone")
    index = classes_of(copy)
    assert index.names() == {"ntp"}
    assert index.withheld() == 1


# Classes: several copies.


def test_of_two_copies_of_a_release_the_changed_one_does_not_define_the_class(
    tmp_path: Path,
) -> None:
    good, changed = (put_module(tmp_path / name / "ntp") for name in ("good", "changed"))
    put(changed / "manifests/config.pp", "class ntp::config { include acme }")
    for order in ((good, changed), (changed, good)):
        index = classes_of(*order)
        assert index.names() == NAMES
        assert index.defines(good, "ntp::config")
        assert not index.defines(changed, "ntp::config")
        assert index.defines(changed, "ntp")


def test_a_file_missing_in_one_copy_is_not_defined_there(tmp_path: Path) -> None:
    good, cut = (put_module(tmp_path / name / "ntp") for name in ("good", "cut"))
    (cut / "manifests/config.pp").unlink()
    index = classes_of(good, cut)
    assert not index.defines(cut, "ntp::config")
    assert index.withheld() == 0


def test_two_releases_are_told_apart(tmp_path: Path) -> None:
    old = put_module(tmp_path / "old/ntp", manifests={"init": "class ntp {}"})
    new = put_module(tmp_path / "new/ntp")
    index = classes_of(old, new)
    assert not index.defines(old, "ntp::config")
    assert index.defines(new, "ntp::config")


def test_a_copy_that_is_added_twice_counts_once(tmp_path: Path) -> None:
    copy = put_module(tmp_path / "ntp", manifests={**NTP, "odd": "class {"})
    put(copy / "manifests/acme.pp", "class ntp::acme {}")
    index = classes_of(copy, copy)
    assert (index.withheld(), index.unparsed) == (1, 1)


# Classes: Debian's packages.


def packaged(root: Path, manifests: dict[str, str]) -> tuple[Path, Path]:
    """A module as Debian packages it, reached through a link; and dpkg's directory."""
    put_module(root / "usr/modules.available/puppetlabs-ntp", checksums=False)
    copy = root / "usr/modules/ntp"
    copy.parent.mkdir()
    copy.symlink_to("../modules.available/puppetlabs-ntp")
    lines = [
        f"{md5(text)}  {copy.resolve()}/manifests/{name}.pp".replace("  /", "  ")
        for name, text in manifests.items()
    ]
    odd = "\n\nxyz\n0123  short\n" + "0" * 32 + " one-blank.pp\n"
    put(root / "dpkg/puppet-module-puppetlabs-ntp.md5sums", "\n".join(lines) + odd)
    put(root / "dpkg/acme.md5sums", f"{md5('class ntp::acme {}')}  {copy.resolve()}/acme.pp\n")
    return copy, root / "dpkg"


def test_a_packaged_module_is_proved_by_dpkg(tmp_path: Path) -> None:
    copy, dpkg = packaged(tmp_path, NTP)
    put(copy / "manifests/acme.pp", "class ntp::acme {}")
    index = classes_of(copy, dpkg=dpkg)
    assert index.names() == NAMES
    assert index.defines(copy, "ntp::config")
    assert index.withheld() == 1


def test_a_packaged_module_that_was_changed(tmp_path: Path) -> None:
    copy, dpkg = packaged(tmp_path, {**NTP, "config": "class ntp::config { }"})
    index = classes_of(copy, dpkg=dpkg)
    assert index.names() == {"ntp"}
    assert index.withheld() == 1


def test_a_packaged_module_reached_by_two_paths(tmp_path: Path) -> None:
    copy, dpkg = packaged(tmp_path, NTP)
    index = classes_of(copy, copy.resolve(), dpkg=dpkg)
    assert index.defines(copy, "ntp")
    assert index.defines(copy.resolve(), "ntp")
    assert index.withheld() == 0


def test_checksums_count_before_dpkg(tmp_path: Path) -> None:
    copy, dpkg = packaged(tmp_path, NTP)
    put(copy / "checksums.json", "{}")
    assert classes_of(copy, dpkg=dpkg).names() == frozenset()


# Classes: the evidence "installed".


def test_installed_evidence_takes_any_manifest_of_the_module(tmp_path: Path) -> None:
    copy = put_module(tmp_path / "ntp", checksums=False)
    put(copy / "manifests/config.pp", NTP["config"] + "\n")
    put(copy / "manifests/more.pp", "class ntp::more {} class acme {}")
    put(copy / "manifests/odd.pp", "class {")
    index = classes_of(copy, evidence=INSTALLED)
    assert index.names() == {*NAMES, "ntp::more"}
    assert index.defines(copy, "ntp::more")
    assert not index.defines(copy, "acme")
    assert (index.withheld(), index.unparsed) == (0, 1)


def test_installed_evidence_is_each_copys_own(tmp_path: Path) -> None:
    one, two = (put_module(tmp_path / name / "ntp") for name in ("one", "two"))
    put(one / "manifests/more.pp", "class ntp::more {}")
    index = classes_of(one, two, evidence=INSTALLED)
    assert index.defines(one, "ntp::more")
    assert not index.defines(two, "ntp::more")
