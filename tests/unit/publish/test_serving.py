"""How the public root is served: nginx's file and the lines for a bucket say the same."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from dropsonde.publish import paths

ROOT = Path(__file__).resolve().parents[3]
NGINX = (ROOT / "ext/collector/dropsonde-pages.conf").read_text(encoding="utf-8")
DATASET = (ROOT / "docs/dataset.md").read_text(encoding="utf-8")


def block(name: str) -> Any:
    """The block of JSON in the manual that has a member of that name."""
    blocks = [json.loads(each) for each in re.findall(r"``` json\n(.*?)```", DATASET, re.DOTALL)]
    (found,) = [each[name] for each in blocks if name in each]
    return found


def test_modules_that_are_not_shown_have_the_badge_that_is_published() -> None:
    rules = block("RoutingRules")
    instead = {
        each["Condition"]["KeyPrefixEquals"]: each["Redirect"]["ReplaceKeyWith"] for each in rules
    }
    assert instead == {
        "badges/": paths.NO_BADGE,
        "embed/": paths.NO_BADGE,
        "v1/badges/": paths.NO_ENDPOINT,
    }
    fallbacks = dict(re.findall(r"location /(\S+/) \{\n +try_files \$uri /(\S+);", NGINX))
    assert fallbacks == instead
    assert block("ErrorDocument") == {"Key": paths.NOT_FOUND}
    assert f"error_page 404 /{paths.NOT_FOUND};" in NGINX


def test_others_pages_may_ask_for_the_same() -> None:
    (rule,) = block("CORSRules")
    (asked,) = re.findall(r'Allow-Headers "(.*)"', NGINX)
    assert rule["AllowedHeaders"] == asked.split(", ")
    (exposed,) = re.findall(r'"\*" "(Accept-Ranges.*)"', NGINX)
    assert {*rule["ExposeHeaders"], "Content-Encoding"} == {*exposed.split(", ")}
    (methods,) = re.findall(r'Allow-Methods "(.*)"', NGINX)
    assert rule["AllowedMethods"] == methods.split(", ")


def test_the_manual_names_what_is_there() -> None:
    for path in (
        paths.NOT_FOUND,
        paths.ROBOTS,
        paths.SITEMAP,
        paths.CHANGES,
        paths.OPENAPI,
        paths.WEEKS_FEED,
        paths.RISING_FEED,
        paths.NO_BADGE,
        paths.NO_ENDPOINT,
    ):
        assert f"`{path}`" in DATASET, path
