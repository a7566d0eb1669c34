from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from dropsonde.schema.vocabulary.os_families import OS_FAMILIES

SCRIPT = Path(__file__).with_name("facter_families.rb")
# What Facter 4, which the script asks, no longer says.
OLDER_FACTERS = {"CoreOS", "DragonFly", "GNU/kFreeBSD", "HP-UX", "Linux", "SunOS", "VMkernel"}


@pytest.mark.real
@pytest.mark.each_debian
def test_families_are_those_of_facters_own_code() -> None:
    ruby = subprocess.run(["ruby", SCRIPT], check=True, capture_output=True, text=True)
    families = json.loads(ruby.stdout)
    assert families["Centos Linux"] == "RedHat"
    assert set(families.values()) == OS_FAMILIES - OLDER_FACTERS
