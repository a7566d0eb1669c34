"""The site id: the same on all servers of a site, and nobody else's to compute."""

from __future__ import annotations

import base64
import hashlib
import stat
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dropsonde.common.errors import SiteIdError
from dropsonde.report.probe import Probe
from dropsonde.settings.resolve import resolve
from dropsonde.site.site_id import deletion_key, read_or_make_seed, read_shared_seed, site_id

ROOT_CA, INTERMEDIATE, OTHER = b"root CA" * 50, b"intermediate CA" * 30, b"another CA" * 40
SEED = b"s" * 32


def pem(*certificates: bytes, width: int = 64, end: str = "\n") -> str:
    """Certificates as OpenSSL writes them, with text around."""
    lines = ["Certificate:", "    Data: made up"]
    for certificate in certificates:
        body = base64.b64encode(certificate).decode()
        lines.append("-----BEGIN CERTIFICATE-----")
        lines += [body[start : start + width] for start in range(0, len(body), width)]
        lines.append("-----END CERTIFICATE-----")
    return end.join([*lines, ""])


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def probe(root: Path, **given: Any) -> Probe:
    """A server whose Puppet lives below `root`."""
    write(root / "puppet.conf", f"[main]\ncertname = puppet.example\nssldir = {root}/ssl\n")
    environ = {
        "PUPPET_CONFDIR": str(root),
        "PUPPET_CODEDIR": str(root / "code"),
        "PUPPET_VARDIR": str(root / "var"),
    }
    return Probe(resolve(given, None, required=False), environ)


def key_of(certificates: set[bytes], seed: bytes) -> bytes:
    """The formula of docs/privacy.md."""
    parts = [*sorted(certificates), seed]
    told = struct.pack(">Q", len(certificates))
    told += b"".join(struct.pack(">Q", len(part)) + part for part in parts)
    return hashlib.sha512(b"dropsonde deletion key\0" + told).digest()


def id_of(certificates: set[bytes], seed: bytes) -> str:
    return hashlib.sha512(key_of(certificates, seed)).hexdigest()


def test_the_formula(tmp_path: Path) -> None:
    ca = write(tmp_path / "ca.pem", pem(ROOT_CA))
    assert site_id((ca,), SEED) == id_of({ROOT_CA}, SEED)
    bundle = write(tmp_path / "bundle.pem", pem(ROOT_CA, INTERMEDIATE, ROOT_CA))
    assert site_id((bundle,), SEED) == id_of({ROOT_CA, INTERMEDIATE}, SEED)
    assert deletion_key((bundle,), SEED) == key_of({ROOT_CA, INTERMEDIATE}, SEED)


def test_a_known_answer(tmp_path: Path) -> None:
    """Computed with coreutils alone: printf and sha512sum."""
    script = (
        r"printf 'dropsonde deletion key\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\3CA!"
        r"\0\0\0\0\0\0\0\4seed' | sha512sum | cut -c -128"
    )
    key = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout
    ca = write(tmp_path / "ca.pem", pem(b"CA!"))
    assert deletion_key((ca,), b"seed").hex() == key.strip()
    assert site_id((ca,), b"seed") == hashlib.sha512(bytes.fromhex(key)).hexdigest()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (((b"a", b"bc"), b"d"), ((b"ab", b"c"), b"d")),
        (((b"a", b"b"), b"c"), ((b"a",), b"b" + struct.pack(">Q", 1) + b"c")),
        (((b"a",), b"b"), ((), b"ab")),
    ],
)
def test_parts_do_not_run_together(
    tmp_path: Path, one: tuple[tuple[bytes, ...], bytes], other: tuple[tuple[bytes, ...], bytes]
) -> None:
    keys = set()
    for name, (certificates, seed) in (("one", one), ("other", other)):
        file = tmp_path / name
        if certificates:
            write(file, pem(*certificates))
        keys.add(deletion_key((file,), seed))
    assert len(keys) == 2


def test_a_site_without_a_ca_has_an_id_by_its_seed_alone(tmp_path: Path) -> None:
    assert site_id((tmp_path / "none", tmp_path / "a/b"), SEED) == id_of(set(), SEED)


def test_the_key_shows_that_the_id_is_ours_and_an_id_by_hand_has_none(tmp_path: Path) -> None:
    ours = probe(tmp_path)
    assert ours.deletion_key is not None
    assert hashlib.sha512(ours.deletion_key).hexdigest() == ours.site_id
    assert probe(tmp_path, siteid="ab" * 64, seed="x").deletion_key is None


def test_all_that_an_outsider_can_know_does_not_give_the_id(tmp_path: Path) -> None:
    """Two servers alike in certname, CA, and every default; their paths differ only to be two."""
    probes = [probe(tmp_path / name) for name in ("one", "two")]
    for name in ("one", "two"):
        write(tmp_path / name / "ssl/certs/ca.pem", pem(ROOT_CA))
    ids = [each.site_id for each in probes]
    assert len(set(ids)) == 2
    seeds = [(tmp_path / name / "var/dropsonde/seed").read_bytes() for name in ("one", "two")]
    assert ids == [id_of({ROOT_CA}, seed) for seed in seeds]
    guesses = (b"", b"puppet.example", str(tmp_path / "one/ssl/certs/ca.pem").encode())
    assert not {id_of({ROOT_CA}, guess) for guess in guesses} & set(ids)


def test_the_generated_seed_keeps_the_id(tmp_path: Path) -> None:
    assert probe(tmp_path).site_id == probe(tmp_path).site_id


def test_another_ca_gives_another_id(tmp_path: Path) -> None:
    for name, ca in (("one", ROOT_CA), ("two", OTHER)):
        write(tmp_path / name / "ssl/certs/ca.pem", pem(ca))
    ids = {probe(tmp_path / name, seed="shared").site_id for name in ("one", "two")}
    assert len(ids) == 2


def test_another_seed_gives_another_id(tmp_path: Path) -> None:
    write(tmp_path / "ssl/certs/ca.pem", pem(ROOT_CA))
    assert probe(tmp_path, seed="one").site_id != probe(tmp_path, seed="two").site_id


def test_servers_of_one_ca_and_one_seed_agree(tmp_path: Path) -> None:
    """A compiler has the agent's copy of the CA's bundle, the CA server perhaps its own alone."""
    write(tmp_path / "compiler/ssl/certs/ca.pem", pem(ROOT_CA, INTERMEDIATE))
    write(tmp_path / "server/ssl/ca/ca_crt.pem", pem(INTERMEDIATE, ROOT_CA, width=76, end="\r\n"))
    compiler, server = (probe(tmp_path / name, seed="shared") for name in ("compiler", "server"))
    assert server.puppet.cacert.exists()
    assert not server.puppet.localcacert.exists()
    assert compiler.site_id == server.site_id
    assert compiler.site_id == id_of({ROOT_CA, INTERMEDIATE}, b"shared")


def test_the_agents_copy_counts_before_the_servers(tmp_path: Path) -> None:
    write(tmp_path / "ssl/certs/ca.pem", pem(ROOT_CA))
    write(tmp_path / "ssl/ca/ca_crt.pem", pem(OTHER))
    assert probe(tmp_path, seed="x").site_id == id_of({ROOT_CA}, b"x")


def test_a_given_id_is_used_as_it_is_and_no_seed_made(tmp_path: Path) -> None:
    assert probe(tmp_path, siteid="ab" * 64, seed="x").site_id == "ab" * 64
    assert not (tmp_path / "var").exists()


def test_a_given_seed_writes_none(tmp_path: Path) -> None:
    probe(tmp_path, seed="ü").site_id  # noqa: B018  # a property that might write
    assert not (tmp_path / "var").exists()


def put_seed(path: Path, data: bytes, mode: int = 0o400) -> Path:
    path.write_bytes(data)
    path.chmod(mode)
    return path


def test_a_copy_of_a_servers_own_seed_gives_its_id(tmp_path: Path) -> None:
    """Whatever its bytes, even where the last one is a newline."""
    own = probe(tmp_path / "server")
    write(tmp_path / "server/var/dropsonde/seed", "").write_bytes(b"s" * 31 + b"\n")
    copy = put_seed(tmp_path / "copy", b"s" * 31 + b"\n")
    compiler = probe(tmp_path / "compiler", seed_file=str(copy))
    assert compiler.site_id == own.site_id
    assert compiler.deletion_key == own.deletion_key
    assert not (tmp_path / "compiler/var").exists()


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_line_of_text_is_the_same_seed_as_the_setting(end: str, tmp_path: Path) -> None:
    text = "0123456789abcdef" * 4
    file = put_seed(tmp_path / "seed", (text + end).encode())
    assert probe(tmp_path, seed_file=str(file)).site_id == probe(tmp_path, seed=text).site_id


def test_the_seed_of_the_setting_wins_over_the_file(tmp_path: Path) -> None:
    file = put_seed(tmp_path / "seed", SEED)
    both = probe(tmp_path, seed="x", seed_file=str(file))
    assert both.site_id == probe(tmp_path, seed="x").site_id
    assert probe(tmp_path, siteid="ab" * 64, seed_file=str(file)).site_id == "ab" * 64


@pytest.mark.parametrize("mode", [0o400, 0o600, 0o440, 0o640])
def test_its_owner_and_its_group_may_read_the_seed(mode: int, tmp_path: Path) -> None:
    assert read_shared_seed(put_seed(tmp_path / "seed", SEED, mode)) == SEED


@pytest.mark.parametrize("mode", [0o404, 0o444, 0o644, 0o420, 0o660, 0o401])
def test_a_seed_that_others_may_read_or_write_is_refused(mode: int, tmp_path: Path) -> None:
    file = put_seed(tmp_path / "seed", SEED, mode)
    with pytest.raises(SiteIdError) as raised:
        read_shared_seed(file)
    assert str(raised.value).startswith(f"{file}: others may ")
    assert "chmod" in raised.value.advice


def test_a_seed_that_another_user_could_replace_is_refused(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    file = put_seed(tmp_path / "open/seed", SEED)
    (tmp_path / "open").chmod(0o777)
    with pytest.raises(SiteIdError, match="others may write to it"):
        read_shared_seed(file)


def test_a_seed_as_kubernetes_mounts_it(tmp_path: Path) -> None:
    """Links in a directory with the sticky bit, and a group that may read."""
    mounted = tmp_path / "secret"
    (mounted / "..2026").mkdir(parents=True)
    put_seed(mounted / "..2026/seed", SEED, 0o440)
    mounted.chmod(0o1777)
    (mounted / "..data").symlink_to("..2026")
    (mounted / "seed").symlink_to("..data/seed")
    assert read_shared_seed(mounted / "seed") == SEED


@pytest.mark.parametrize("data", [b"", b"s" * 31, b"s" * 31 + b"\r\n"])
def test_a_seed_that_is_too_short_is_refused(data: bytes, tmp_path: Path) -> None:
    file = put_seed(tmp_path / "seed", data)
    with pytest.raises(SiteIdError, match="less than 32 bytes: make one with `openssl rand"):
        read_shared_seed(file)


def test_a_seed_that_is_missing_or_odd_makes_up_no_id(tmp_path: Path) -> None:
    large = put_seed(tmp_path / "large", b"s" * 5000)
    for path, reason in (
        (tmp_path / "none", "No such file or directory"),
        (tmp_path, "Is a directory"),
        (large, "Larger than 4,096 bytes"),
    ):
        with pytest.raises(SiteIdError) as raised:
            read_shared_seed(path)
        assert str(raised.value).startswith(f"{path}: {reason} for user ")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "holds no certificate: restore the CA's certificate"),
        ("-----BEGIN CERTIFICATE-----\n", "holds no certificate: restore the CA's certificate"),
        (
            pem(ROOT_CA).replace("CERTIFICATE", "PRIVATE KEY"),
            "holds no certificate: restore the CA's certificate",
        ),
        (
            "-----BEGIN CERTIFICATE-----\nAAAAA\n-----END CERTIFICATE-----\n",
            "not a PEM certificate: run as root or as puppet",
        ),
    ],
)
def test_a_damaged_certificate_makes_up_no_id(tmp_path: Path, text: str, expected: str) -> None:
    ca = write(tmp_path / "ca.pem", text)
    with pytest.raises(SiteIdError) as raised:
        site_id((ca, write(tmp_path / "good.pem", pem(ROOT_CA))), SEED)
    assert str(raised.value) == f"{ca}: {expected}"


def test_a_certificate_that_cannot_be_read_makes_up_no_id(tmp_path: Path) -> None:
    with pytest.raises(SiteIdError, match="Is a directory: run as root or as puppet"):
        site_id((tmp_path,), SEED)


def test_the_seed_is_random_private_and_made_once(tmp_path: Path) -> None:
    seed = read_or_make_seed(tmp_path / "cache")
    assert len(seed) == 32
    assert seed == read_or_make_seed(tmp_path / "cache")
    assert seed != read_or_make_seed(tmp_path / "other")
    for path, mode in (("cache", 0o700), ("cache/seed", 0o600), ("cache/seed.lock", 0o600)):
        assert stat.S_IMODE((tmp_path / path).stat().st_mode) == mode
    assert (tmp_path / "cache/seed").read_bytes() == seed


def test_processes_that_start_together_agree(tmp_path: Path) -> None:
    code = """if True:
        import pathlib, sys
        from dropsonde.site.site_id import read_or_make_seed
        print("ready", flush=True)
        sys.stdin.read()
        print(read_or_make_seed(pathlib.Path(sys.argv[1])).hex())
    """
    pipe = subprocess.PIPE
    arguments = [sys.executable, "-c", code, str(tmp_path / "cache")]
    processes = [subprocess.Popen(arguments, stdin=pipe, stdout=pipe, text=True) for _ in range(6)]
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin
        process.stdin.close()
        process.stdin = None
    seeds = {process.communicate()[0] for process in processes}
    assert seeds == {f"{(tmp_path / 'cache/seed').read_bytes().hex()}\n"}


@pytest.mark.parametrize("content", [b"", b"x" * 31, b"x" * 33])
def test_a_damaged_seed_is_not_replaced(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "seed").write_bytes(content)
    with pytest.raises(SiteIdError) as raised:
        read_or_make_seed(tmp_path)
    assert str(raised.value) == (
        f"{tmp_path}/seed: not 32 bytes: restore it, or delete it to get a new site id"
    )
    assert (tmp_path / "seed").read_bytes() == content


def test_a_seed_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "seed").mkdir()
    with pytest.raises(SiteIdError, match="seed: not 32 bytes: restore it"):
        read_or_make_seed(tmp_path)
