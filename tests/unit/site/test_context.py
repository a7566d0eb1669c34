"""The wall: what metrics see of a site, and how much stays behind it."""

from __future__ import annotations

from pathlib import Path

import pytest

from dropsonde.common.errors import PuppetDBError
from dropsonde.schema.model import Domain
from dropsonde.settings.options import INSTALLED
from dropsonde.site.provenance import PublicModule
from tests.support.sites import Answers, context_of, put, put_module, release

PUBLIC_NTP = PublicModule("ntp", "puppetlabs-ntp", "1.0.0")
PRIVATE_CLASS = "declared classes of modules that are not public, or not on this server"
UNPUBLISHED_CLASS = "declared classes that no known release of their module defines"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Production with ntp, staging with ntp and a module of the site's own."""
    put_module(tmp_path / "production/modules/ntp")
    put_module(tmp_path / "staging/modules/ntp")
    put_module(tmp_path / "staging/modules/acme", "acme-acme", {"init": "class acme {}"})
    return tmp_path


def test_environments_are_counted(site: Path) -> None:
    (site / "empty").mkdir()
    assert context_of(site).environment_count == 3


def test_equal_modules_are_one_and_private_ones_a_number(site: Path) -> None:
    put_module(site / "production/modules/acme", "acme-acme")
    put_module(site / "production/modules/acme_two", "acme-acme_two")
    context = context_of(site)
    assert context.modules == (PUBLIC_NTP,)
    assert context.withheld == {"private modules": 2}


def test_an_odd_version_is_counted_and_its_classes_stay_home(site: Path) -> None:
    put_module(site / "staging/modules/ntp", version="1.0.0-acme-hotfix")
    context = context_of(site, Answers((("Ntp", "staging", 3), ("Ntp", "production", 4))))
    assert context.modules == (PublicModule("ntp", "puppetlabs-ntp", None), PUBLIC_NTP)
    assert context.withheld["versions of public modules whose releases are not known here"] == 1
    assert context.declared == {"ntp": 4}
    assert context.withheld[UNPUBLISHED_CLASS] == 1


def test_a_module_whose_metadata_cannot_be_read_is_counted_as_that(site: Path) -> None:
    put_module(site / "staging/modules/acme", "acme-acme")
    put(site / "staging/modules/apache/metadata.json", '{"name": "puppetlabs-apache",}')
    put(
        site / "staging/modules/memcached/metadata.json",
        '{"name": "saz-memcached", "version": "1.0.0", "a": "\\("}',
    )
    context = context_of(site, None)
    assert [module.slug for module in context.modules] == ["saz-memcached", "puppetlabs-ntp"]
    assert context.withheld == {
        "private modules": 1,
        "modules whose metadata.json cannot be read": 1,
        "versions of public modules whose releases are not known here": 1,
    }


def test_a_known_release_counts_whatever_is_on_disk(site: Path) -> None:
    """Names and counts are those of the catalogs; only what a release defines is public."""
    put(site / "staging/modules/ntp/manifests/config.pp", "class ntp::config { include acme }")
    rows = (
        ("Ntp", "production", 3),
        ("Ntp::Config", "staging", 2),
        ("Ntp::Server", "staging", 1),  # of an older release than the one that is installed now
        ("Ntp::Acme", "staging", 9),
    )
    known = (
        release("puppetlabs-ntp", "1.0.0", {"ntp", "ntp::config"}),
        release("puppetlabs-ntp", "0.9.0", {"ntp", "ntp::server"}),
    )
    context = context_of(site, Answers(rows), releases=known)
    assert context.declared == {"ntp": 3, "ntp::config": 2, "ntp::server": 1}
    assert context.modules == (PUBLIC_NTP,)
    assert context.unused_classes == frozenset()
    assert context.withheld == {"private modules": 1, UNPUBLISHED_CLASS: 1}


def test_what_is_not_known_of_releases_is_counted(site: Path) -> None:
    put_module(site / "production/modules/apache", "puppetlabs-apache", checksums=False)
    odd = {"init": "class memcached {}", "acme": "class memcached::acme {}"}
    put_module(site / "production/modules/memcached", "saz-memcached", odd, checksums=False)
    known = (release("saz-memcached", "9.0.0", {"memcached"}),)
    rows = (("Apache", "production", 1), ("Memcached", "production", 2))
    context = context_of(site, Answers(rows), releases=known)
    assert context.declared == {"memcached": 2}
    assert {(module.slug, module.version) for module in context.modules} == {
        ("puppetlabs-apache", None),
        ("saz-memcached", None),
        ("puppetlabs-ntp", "1.0.0"),
    }
    assert context.classes == {"ntp", "ntp::config", "memcached"}
    assert context.withheld == {
        "private modules": 1,
        "versions that are no published release of their module": 1,
        "versions of public modules whose releases are not known here": 1,
        UNPUBLISHED_CLASS: 1,
        "classes in public modules' directories that no known release defines": 1,
    }


def test_declared_classes_are_counted_over_all_environments(site: Path) -> None:
    rows = (
        ("Ntp", "production", 40),
        ("Ntp", "staging", 2),
        ("Ntp::Config", "staging", 1),
        ("NTP::CONFIG", "production", 5),
    )
    context = context_of(site, Answers(rows))
    assert context.declared == {"ntp": 42, "ntp::config": 6}
    assert context.withheld == {}


def test_private_classes_are_counted_by_name_and_reason(site: Path) -> None:
    rows = (
        ("Ntp::Acme_clock", "production", 5),
        ("Ntp::Acme_clock", "staging", 5),
        ("Acme", "staging", 9),
        ("Acme", "production", 9),
        ("Acme_more", None, 9),
    )
    context = context_of(site, Answers(rows))
    assert context.declared == {}
    assert context.withheld == {UNPUBLISHED_CLASS: 1, PRIVATE_CLASS: 2}


@pytest.mark.parametrize("environment", [None, "", "gone", "Production"])
def test_a_class_of_an_environment_that_is_not_here_is_withheld(
    site: Path, environment: str | None
) -> None:
    context = context_of(site, Answers((("Ntp", environment, 7),)))
    assert context.declared == {}
    assert context.withheld == {PRIVATE_CLASS: 1}
    # A node does use it, so it is not unused either.
    assert context.unused_classes == frozenset({"ntp::config"})
    assert context.unused_modules == ()


def test_a_module_that_is_private_in_another_environment(site: Path) -> None:
    put_module(site / "staging/modules/ntp", "acme-ntp")
    rows = (("Ntp", "production", 3), ("Ntp", "staging", 5), ("Ntp::Config", "staging", 5))
    context = context_of(site, Answers(rows))
    assert context.declared == {"ntp": 3}
    assert context.withheld == {PRIVATE_CLASS: 2}


def test_a_changed_copy_counts_in_the_other_environment_alone(site: Path) -> None:
    put(site / "staging/modules/ntp/manifests/config.pp", "class ntp::config { include acme }")
    rows = (
        ("Ntp", "staging", 5),
        ("Ntp::Config", "staging", 5),
        ("Ntp::Config", "production", 3),
    )
    context = context_of(site, Answers(rows))
    assert context.declared == {"ntp": 5, "ntp::config": 3}
    assert context.withheld == {UNPUBLISHED_CLASS: 1}


def test_installed_evidence(site: Path) -> None:
    put_module(site / "git/modules/ntp", checksums=False)
    put(site / "git/modules/ntp/manifests/more.pp", "class ntp::more {}")
    rows = (("Ntp::More", "git", 2), ("Acme", "staging", 1))
    context = context_of(site, Answers(rows), INSTALLED)
    assert context.declared == {"ntp::more": 2}
    assert context.withheld == {PRIVATE_CLASS: 1}


def test_classes_on_disk_and_manifests_that_stay_home(site: Path) -> None:
    put(site / "production/modules/ntp/manifests/acme.pp", "class ntp::acme {}")
    odd = {"init": "class apache {}", "odd": "class apache::odd {"}
    put_module(site / "production/modules/apache", "puppetlabs-apache", odd)
    context = context_of(site)
    assert context.classes == {"ntp", "ntp::config", "apache"}
    assert context.withheld == {
        "public modules whose releases are not known here": 1,
        "classes of public modules whose releases are not known here": 1,
        "manifests that cannot be read, or do not parse": 1,
    }


def test_unused_classes_and_modules(site: Path) -> None:
    put_module(site / "production/modules/apache", "puppetlabs-apache", {"init": "class apache {}"})
    put_module(site / "production/modules/stdlib", "puppetlabs-stdlib", {})
    context = context_of(site, Answers((("Ntp", "staging", 1),)))
    assert context.unused_classes == frozenset({"ntp::config", "apache"})
    # Without classes, stdlib cannot be told to be unused.
    assert context.unused_modules == (PublicModule("apache", "puppetlabs-apache", "1.0.0"),)


def test_a_private_class_in_a_public_module_counts_as_use(site: Path) -> None:
    context = context_of(site, Answers((("Ntp::Acme_clock", "production", 1),)))
    assert context.unused_modules == ()
    assert context.unused_classes == frozenset({"ntp", "ntp::config"})


def test_a_class_that_is_declared_from_a_changed_manifest_is_not_unused(site: Path) -> None:
    put(site / "staging/modules/ntp/manifests/config.pp", "class ntp::config { include acme }")
    context = context_of(site, Answers((("Ntp::Config", "staging", 5),)))
    assert context.declared == {}
    assert context.unused_classes == frozenset({"ntp"})


def test_two_releases_are_used_or_not_each_by_itself(site: Path) -> None:
    put_module(site / "staging/modules/ntp", version="2.0.0")
    context = context_of(site, Answers((("Ntp", "staging", 1),)))
    assert context.unused_modules == (PUBLIC_NTP,)


def test_platforms(site: Path) -> None:
    by_family = {
        "Debian": (("Ntp", "production", 2), ("Ntp", "staging", 1), ("Acme", "staging", 1)),
        "RedHat": (("Ntp::Config", "production", 4),),
        "AcmeOS": (("Ntp", "production", 8),),
        "acme": (),
        "debian": (),
        None: (),
    }
    context = context_of(site, Answers(by_family=by_family))
    assert context.platforms == {("ntp", "Debian"): 3, ("ntp::config", "RedHat"): 4}
    assert context.withheld == {"platforms that Facter does not know": 3}


def test_without_puppetdb_nothing_is_known_of_nodes(site: Path) -> None:
    context = context_of(site)
    assert not context.has_puppetdb
    assert context.declared is None
    assert context.unused_classes is None
    assert context.unused_modules is None
    assert context.platforms is None
    assert context.puppetdb_fault is None


@pytest.mark.parametrize("first", ["declared", "unused_classes", "unused_modules", "platforms"])
def test_a_puppetdb_that_fails_is_asked_once(site: Path, first: str) -> None:
    answers = Answers(fault=PuppetDBError("https://a:8081: refused"))
    context = context_of(site, answers)
    assert context.has_puppetdb
    assert getattr(context, first) is None
    fault = context.puppetdb_fault
    assert fault is answers.fault
    answers.fault = None
    for name in ("declared", "unused_classes", "unused_modules", "platforms"):
        assert getattr(context, name) is None
    assert context.puppetdb_fault is fault


def test_what_private_modules_require(site: Path) -> None:
    wanted = (
        ("puppetlabs/stdlib", ">= 4.0.0 < 10.0.0"),
        ("puppetlabs-stdlib", ">= 4.0.0 < 10.0.0"),
        ("puppetlabs-stdlib", "acme"),
        ("saz-memcached", "1.x\n"),
        ("acme-base", ">= 1.0.0"),
    )
    put_module(site / "production/modules/acme_b", "acme-acme_b", {}, dependencies=wanted)
    put_module(site / "production/modules/acme_c", "acme-acme_c", {}, dependencies=wanted[:1])
    put_module(
        site / "production/modules/apache",
        "puppetlabs-apache",
        {},
        dependencies=(("puppetlabs-ntp", "1.x"),),
    )
    context = context_of(site)
    assert context.requirements == (
        ("puppetlabs-stdlib", None),
        ("puppetlabs-stdlib", ">= 4.0.0 < 10.0.0"),
        ("saz-memcached", None),
    )
    assert context.withheld == {"version ranges that are not plain": 2}


def test_ruby_in_puppetfiles(site: Path) -> None:
    put(site / "production/Puppetfile", "mod 'a'\nputs 1\nputs acme_helper(2)\n")
    put(site / "staging/Puppetfile", "puts 3\n")
    put(site / "same/Puppetfile", "mod 'a'\nputs 1\nputs acme_helper(2)\n")
    put(site / "broken/Puppetfile", "def (\n")
    (site / "none").mkdir()
    (site / "odd/Puppetfile").mkdir(parents=True)
    context = context_of(site)
    assert context.ruby_calls == {"puts": 5}
    assert context.withheld == {
        "calls in Puppetfiles to methods that are not Ruby's own": 2,
        "Puppetfiles that do not parse": 1,
    }


def test_the_words_that_a_report_may_hold(site: Path) -> None:
    context = context_of(site)
    public = {
        Domain.MODULE_NAME: "ntp",
        Domain.VERSION: "1.0.0",
        Domain.FORGE_SLUG: "saz-memcached",
        Domain.CLASS_NAME: "ntp::config",
        Domain.OS_FAMILY: "Debian",
        Domain.OS_NAME: "Ubuntu",
        Domain.RUBY_METHOD: "puts",
    }
    for domain in Domain:
        words = context.words(domain)
        if domain in public:
            assert words is not None
            assert public[domain] in words
            for private in ("acme", "acme-acme", "AcmeOS", "acme_helper", "ntp::acme"):
                assert private not in words
        else:
            assert words is None
