"""Where Spark runs: which masters there are, and the secret that a cluster needs."""

from __future__ import annotations

import pytest

from dropsonde.aggregation.engines.spark.master import Master, master_of, parse
from dropsonde.common.errors import ConfigError

URL = "spark://spark.example.com:7077"
SECRET = "sixteen letters!"


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("local[*]", None),
        ("local[1]", None),
        ("local[16]", None),
        (URL, ("spark.example.com", 7077)),
        ("spark://10.0.0.7:1", ("10.0.0.7", 1)),
        ("spark://s:65535", ("s", 65_535)),
    ],
)
def test_a_master_is_this_machine_or_a_cluster(url: str, address: tuple[str, int] | None) -> None:
    assert parse(url) == url
    assert Master(url).address == address


@pytest.mark.parametrize(
    "text",
    [
        *("", "local", "local[]", "local[0]", "local[2,3]", "local[*]\n", "local-cluster[2,1,512]"),
        *("yarn", "k8s://https://h:443", "mesos://h:5050", "sc://h:15002", "SPARK://h:7077"),
        *("spark://h", "spark://h:", "spark://:7077", "spark://h:0", "spark://h:65536"),
        *("spark://h:7077/", "spark://h:7077\n", "spark://a:7077,b:7077", "spark://u@h:7077"),
        *(
            "spark://a_b:7077",
            "spark://-h:7077",
            "spark://a..b:7077",
            f"spark://{'a' * 64}:7077",
            "spark://[::1]:7077",
            "spark://h:7077 --conf x=y",
        ),
    ],
)
def test_any_other_master_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^spark://HOST:PORT of a standalone cluster, local\[\*"):
        parse(text)


def test_a_cluster_needs_the_secret_and_this_machine_none() -> None:
    assert master_of(None, {}) == Master("local[*]", "")
    assert master_of("local[2]", {"DROPSONDE_SPARK_SECRET": SECRET}) == Master("local[2]", "")
    found = master_of(URL, {"DROPSONDE_SPARK_SECRET": SECRET})
    assert found == Master(URL, SECRET)
    assert SECRET not in repr(found)


@pytest.mark.parametrize(
    ("environ", "what"),
    [
        ({}, "is not set"),
        ({"DROPSONDE_SPARK_SECRET": ""}, "is not set"),
        ({"DROPSONDE_SPARK_SECRET": SECRET[1:]}, "is too short"),
    ],
)
def test_a_cluster_without_a_good_secret_is_refused(environ: dict[str, str], what: str) -> None:
    with pytest.raises(ConfigError, match=f"^DROPSONDE_SPARK_SECRET {what}, and {URL} ") as caught:
        master_of(URL, environ)
    assert SECRET[1:] not in str(caught.value)
