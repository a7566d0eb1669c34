"""What makes a module public, and what makes a class of it public."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dropsonde.settings.options import INSTALLED, PUBLISHED
from dropsonde.site.checksums import Checksums
from dropsonde.site.provenance import Classes, Evidence, PublicModule, public_slug
from dropsonde.site.puppet.modules import read_module
from dropsonde.site.vocabulary.known import Known
from tests.support.sites import NTP, SLUGS, md5, put, put_module, release

PUBLIC = PublicModule("ntp", "puppetlabs-ntp", "1.0.0")
NAMES = frozenset({"ntp", "ntp::config"})
# What the Forge published of ntp, in these tests.
RELEASES = Known(
    (
        release("puppetlabs-ntp", "1.0.0", {"ntp", "ntp::config"}),
        release("puppetlabs-ntp", "2.0.0", {"ntp", "ntp::config", "ntp::server"}),
        release("puppetlabs-ntp", "0.9.0", None),
        release("puppetlabs-apache", "3.0.0", None),
    )
)
NOTHING = Known()


def evidence(
    kind: str = PUBLISHED, known: Known = NOTHING, dpkg: Path = Path("/nowhere")
) -> Evidence:
    return Evidence(kind, known, Checksums(dpkg))


def classes_of(copy: Path, kind: str = PUBLISHED, **basis: Any) -> Classes:
    """The classes of a copy of puppetlabs-ntp."""
    return evidence(kind, **basis).classes(read_module(copy), "puppetlabs-ntp")


def public(path: Path, known: Known = NOTHING, **metadata: Any) -> PublicModule | None:
    put(path / "metadata.json", json.dumps(metadata))
    module = read_module(path)
    slug = public_slug(module, SLUGS)
    if slug is None:
        return None
    return PublicModule(module.name, slug, evidence(known=known).version(module, slug))


# Modules.


@pytest.mark.parametrize("name", ["puppetlabs-ntp", "puppetlabs/ntp"])
def test_a_module_on_the_list_in_a_directory_of_its_name_is_public(
    tmp_path: Path, name: str
) -> None:
    assert public(tmp_path / "ntp", RELEASES, name=name, version="1.0.0") == PUBLIC


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
    assert public_slug(read_module(tmp_path / "ntp"), SLUGS) is None


# Versions.


@pytest.mark.parametrize(
    ("version", "told"),
    [
        ("1.0.0", "1.0.0"),
        ("0.9.0", "0.9.0"),  # published, though its classes are not known
        ("1.0.1", None),
        ("1.0.0-rc1", None),
        ("1.0.0-acme-hotfix", None),
        ("1.0.0+acme", None),
        ("1.0.0\n", None),
        ("acme", None),
        ("", None),
        (1, None),
        (None, None),
    ],
)
def test_a_version_is_told_if_it_was_published(
    tmp_path: Path, version: object, told: str | None
) -> None:
    found = public(tmp_path / "ntp", RELEASES, name="puppetlabs-ntp", version=version)
    assert found == PublicModule("ntp", "puppetlabs-ntp", told)


def test_the_same_version_of_another_module_proves_nothing(tmp_path: Path) -> None:
    apache = public(tmp_path / "apache", RELEASES, name="puppetlabs-apache", version="1.0.0")
    assert apache == PublicModule("apache", "puppetlabs-apache", None)


def test_where_no_release_is_known_checksums_prove_a_version(tmp_path: Path) -> None:
    bare = put_module(tmp_path / "bare/ntp", checksums=False)
    built = put_module(tmp_path / "built/ntp")
    odd = put_module(tmp_path / "odd/ntp", version="1.0.0-acme")
    told = [evidence().version(read_module(copy), "puppetlabs-ntp") for copy in (bare, built, odd)]
    assert told == [None, "1.0.0", None]
    installed = evidence(INSTALLED)
    told = [installed.version(read_module(copy), "puppetlabs-ntp") for copy in (bare, built, odd)]
    assert told == ["1.0.0", "1.0.0", None]


# Classes: the published releases.


def test_the_classes_of_a_known_release_are_public_and_nothing_is_read(tmp_path: Path) -> None:
    copy = put_module(tmp_path / "ntp", manifests={"acme": "class ntp::acme {", "init": "\0"})
    assert classes_of(copy, known=RELEASES) == Classes(NAMES, NAMES | {"ntp::server"})


def test_a_branch_from_git_has_the_public_classes_that_it_defines(tmp_path: Path) -> None:
    manifests = {**NTP, "acme": "class ntp::acme {}"}
    for version in ("1.0.1", "0.9.0", "acme", 7):
        copy = put_module(tmp_path / "ntp", manifests=manifests, version=version)
        found = classes_of(copy, known=RELEASES)
        assert (found.here, found.public) == (NAMES, NAMES | {"ntp::server"})
        assert found.private == {"ntp::acme"}


def test_a_rebuilt_module_proves_nothing_with_checksums_of_its_own(tmp_path: Path) -> None:
    manifests = {**NTP, "acme": "class ntp::acme {}"}
    copy = put_module(tmp_path / "ntp", manifests=manifests, version="0.9.0")
    assert classes_of(copy, known=RELEASES).private == {"ntp::acme"}
    listed = Known((release("puppetlabs-ntp", "1.0.0", None),))
    assert classes_of(copy, known=listed).here == frozenset()


def test_checksums_count_for_a_published_version_of_which_no_release_was_read(
    tmp_path: Path,
) -> None:
    listed = Known((release("puppetlabs-ntp", "1.0.0", None),))
    assert classes_of(put_module(tmp_path / "ntp"), known=listed).here == NAMES


# Classes: checksums.json.


def test_manifests_as_published_make_their_classes_public(tmp_path: Path) -> None:
    copy = put_module(tmp_path / "ntp")
    found = classes_of(copy)
    assert found.here == NAMES
    assert "ntp" in found.public
    assert "ntp::config" in found.public
    assert "ntp::other" not in found.public
    assert found.here
    assert (len(found.private), found.unparsed) == (0, 0)


def test_a_class_of_a_changed_manifest_is_withheld(tmp_path: Path) -> None:
    copy = put_module(tmp_path / "ntp")
    put(copy / "manifests/config.pp", NTP["config"] + "\n")
    found = classes_of(copy)
    assert found.here == {"ntp"}
    assert "ntp::config" not in found.public
    assert len(found.private) == 1


def test_a_class_of_an_added_manifest_is_withheld(tmp_path: Path) -> None:
    copy = put_module(tmp_path / "ntp")
    put(copy / "manifests/acme/clock.pp", "class ntp::acme::clock {}")
    put(copy / "manifests/acme.pp.orig", "class ntp::acme {}")
    found = classes_of(copy)
    assert found.here == NAMES
    assert "ntp::acme::clock" not in found.public
    assert len(found.private) == 1


def test_a_manifest_that_was_deleted_defines_nothing(tmp_path: Path) -> None:
    copy = put_module(tmp_path / "ntp")
    (copy / "manifests/config.pp").unlink()
    found = classes_of(copy)
    assert found.here == {"ntp"}
    assert "ntp::config" not in found.public
    assert len(found.private) == 0


def test_without_checksums_no_class_is_public(tmp_path: Path) -> None:
    copy = put_module(tmp_path / "ntp", checksums=False)
    found = classes_of(copy)
    assert found.here == frozenset()
    assert "ntp" not in found.public
    assert len(found.private) == 2


def test_an_odd_version_is_a_build_of_the_sites_own_checksums_and_all(tmp_path: Path) -> None:
    copy = put_module(tmp_path / "ntp", version="1.0.0-acme")
    found = classes_of(copy)
    assert found.here == frozenset()
    assert len(found.private) == 2


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
    found = classes_of(copy)
    assert found.here == names
    assert len(found.private) == len(NTP) - len(names)


def test_a_build_on_windows_wrote_its_own_separators(tmp_path: Path) -> None:
    """Some releases on the Forge name `manifests\\\\init.pp`."""
    copy = put_module(tmp_path / "ntp")
    windows = {path.replace("/", "\\"): digest for path, digest in GOOD.items()}
    put(copy / "checksums.json", json.dumps(windows))
    found = classes_of(copy)
    assert (found.here, len(found.private)) == (NAMES, 0)


@pytest.mark.parametrize("separator", ["/", "\\"])
def test_old_modules_have_their_checksums_in_metadata(tmp_path: Path, separator: str) -> None:
    """`puppet module changes` reads these where there is no checksums.json."""
    copy = put_module(tmp_path / "ntp", checksums=False)
    sums = {path.replace("/", separator): digest for path, digest in GOOD.items()}
    document = json.loads((copy / "metadata.json").read_text())
    put(copy / "metadata.json", json.dumps({**document, "checksums": sums}))
    put(copy / "manifests/acme.pp", "class ntp::acme {}")
    found = classes_of(copy)
    assert (found.here, len(found.private)) == (NAMES, 1)
    put(copy / "checksums.json", "{}")  # which counts instead
    assert classes_of(copy).here == frozenset()


@pytest.mark.parametrize("checksums", [None, 1, [], "x", {}, {"manifests/init.pp": 1}])
def test_odd_checksums_in_metadata(tmp_path: Path, checksums: object) -> None:
    copy = put_module(tmp_path / "ntp", checksums=False)
    document = json.loads((copy / "metadata.json").read_text())
    put(copy / "metadata.json", json.dumps({**document, "checksums": checksums}))
    assert classes_of(copy).here == frozenset()


@pytest.mark.parametrize(
    "text", ["", "{", "\xff", "[" * 100_000, "9" * 5000, f'{{"a": "{"x" * (4 << 20)}"}}']
)
def test_checksums_that_cannot_be_read(tmp_path: Path, text: str) -> None:
    copy = put_module(tmp_path / "ntp")
    (copy / "checksums.json").write_bytes(text.encode("latin-1"))
    found = classes_of(copy)
    assert found.here == frozenset()
    assert len(found.private) == 2


def test_a_class_outside_the_modules_own_namespace_is_not_public(tmp_path: Path) -> None:
    """Puppet would not load it from there; another module may have a private one of that name."""
    text = "class ntp { class inner {} } class apache::acme {} class ntpd {} class acme {}"
    copy = put_module(tmp_path / "ntp", manifests={"init": text})
    found = classes_of(copy)
    assert found.here == {"ntp", "ntp::inner"}
    assert "apache::acme" not in found.public
    assert len(found.private) == 0


def test_a_published_manifest_that_does_not_parse_is_counted(tmp_path: Path) -> None:
    copy = put_module(tmp_path / "ntp", manifests={**NTP, "odd": "class ntp::odd {"})
    put(copy / "manifests/acme.pp", "class {")
    found = classes_of(copy)
    assert found.here == NAMES
    assert found.unparsed == 2  # with the added one


def test_a_manifest_without_the_keyword_holds_nothing_back_even_if_it_does_not_parse(
    tmp_path: Path,
) -> None:
    copy = put_module(tmp_path / "ntp", manifests={**NTP, "server": "define ntp::server {"})
    found = classes_of(copy)
    assert found.here == NAMES
    assert (len(found.private), found.unparsed) == (0, 0)


def test_a_module_without_manifests(tmp_path: Path) -> None:
    copy = put_module(tmp_path / "stdlib", "puppetlabs-stdlib", {})
    found = classes_of(copy)
    assert found.here == frozenset()


def test_a_manifest_that_is_no_regular_file(tmp_path: Path) -> None:
    copy = put_module(tmp_path / "ntp")
    (copy / "manifests/config.pp").unlink()
    (copy / "manifests/config.pp").symlink_to("gone")
    found = classes_of(copy)
    assert found.here == {"ntp"}
    assert found.unparsed == 1


# Classes: several copies.


def test_of_two_copies_of_a_release_the_changed_one_does_not_define_the_class(
    tmp_path: Path,
) -> None:
    good, changed = (put_module(tmp_path / name / "ntp") for name in ("good", "changed"))
    put(changed / "manifests/config.pp", "class ntp::config { include acme }")
    for order in ((good, changed), (changed, good)):
        proof = evidence()
        found = {copy: proof.classes(read_module(copy), "puppetlabs-ntp") for copy in order}
        assert found[good].public == NAMES
        assert found[changed].public == {"ntp"}


def test_a_file_missing_in_one_copy_is_not_defined_there(tmp_path: Path) -> None:
    good, cut = (put_module(tmp_path / name / "ntp") for name in ("good", "cut"))
    (cut / "manifests/config.pp").unlink()
    proof = evidence()
    found = [proof.classes(read_module(copy), "puppetlabs-ntp") for copy in (good, cut)]
    assert [each.public for each in found] == [NAMES, {"ntp"}]
    assert [each.private for each in found] == [frozenset()] * 2


def test_two_releases_are_told_apart(tmp_path: Path) -> None:
    old = put_module(tmp_path / "old/ntp", manifests={"init": "class ntp {}"})
    new = put_module(tmp_path / "new/ntp")
    proof = evidence()
    found = [proof.classes(read_module(copy), "puppetlabs-ntp") for copy in (old, new)]
    assert [each.public for each in found] == [{"ntp"}, NAMES]


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
    found = classes_of(copy, dpkg=dpkg)
    assert found.here == NAMES
    assert "ntp::config" in found.public
    assert len(found.private) == 1


def test_a_packaged_module_that_was_changed(tmp_path: Path) -> None:
    copy, dpkg = packaged(tmp_path, {**NTP, "config": "class ntp::config { }"})
    found = classes_of(copy, dpkg=dpkg)
    assert found.here == {"ntp"}
    assert len(found.private) == 1


def test_a_packaged_module_reached_by_two_paths(tmp_path: Path) -> None:
    copy, dpkg = packaged(tmp_path, NTP)
    there = evidence(dpkg=dpkg).classes(read_module(copy.resolve()), "puppetlabs-ntp")
    found = classes_of(copy, dpkg=dpkg)
    assert "ntp" in found.public
    assert there.public == frozenset()  # its directory has another name there
    assert len(found.private) == 0


def test_dpkg_counts_before_checksums(tmp_path: Path) -> None:
    copy, dpkg = packaged(tmp_path, NTP)
    put(copy / "manifests/acme.pp", "class ntp::acme {}")
    sums = {"manifests/acme.pp": md5("class ntp::acme {}")}
    put(copy / "checksums.json", json.dumps(sums))
    assert classes_of(copy, dpkg=dpkg).here == NAMES


def test_dpkg_counts_beside_the_releases_that_are_known(tmp_path: Path) -> None:
    copy, dpkg = packaged(tmp_path, NTP)
    known = Known((release("puppetlabs-ntp", "9.0.0", {"ntp::server"}),))
    found = classes_of(copy, known=known, dpkg=dpkg)
    assert (found.here, found.public) == (NAMES, NAMES | {"ntp::server"})


# Classes: the evidence "installed".


def test_installed_evidence_takes_any_manifest_of_the_module(tmp_path: Path) -> None:
    copy = put_module(tmp_path / "ntp", checksums=False)
    put(copy / "manifests/config.pp", NTP["config"] + "\n")
    put(copy / "manifests/more.pp", "class ntp::more {} class acme {}")
    put(copy / "manifests/odd.pp", "class {")
    found = classes_of(copy, INSTALLED)
    assert found.here == {*NAMES, "ntp::more"}
    assert "ntp::more" in found.public
    assert "acme" not in found.public
    assert (len(found.private), found.unparsed) == (0, 1)


def test_installed_evidence_is_each_copys_own(tmp_path: Path) -> None:
    one, two = (put_module(tmp_path / name / "ntp") for name in ("one", "two"))
    put(one / "manifests/more.pp", "class ntp::more {}")
    proof = evidence(INSTALLED)
    found = [proof.classes(read_module(copy), "puppetlabs-ntp") for copy in (one, two)]
    assert [each.public for each in found] == [{*NAMES, "ntp::more"}, NAMES]
