"""The bill of materials of an artefact, in CycloneDX 1.6 (https://cyclonedx.org).

It names the libraries that the artefact holds, read from the artefact itself. A wheel and a source
distribution hold none: theirs names what they need.
"""

from __future__ import annotations

import email.parser
import hashlib
import io
import os
import subprocess
import tarfile
import uuid
import zipfile
from collections.abc import Iterator
from datetime import datetime, timezone
from email.message import Message
from pathlib import Path
from typing import TYPE_CHECKING

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL
from packaging.requirements import Requirement

if TYPE_CHECKING:
    from cyclonedx.model.dependency import Dependable
    from cyclonedx.model.license import License

OURS = "dropsonde-telemetry"
_METADATA = (".dist-info/METADATA", "/PKG-INFO")
_SOURCES = "share/doc/dropsonde/SOURCES"  # as ext/standalone writes it


def bill(artefact: Path) -> str:
    """Make an artefact's bill of materials: JSON, the same for the same bytes."""
    found = {one["Name"]: one for one in _metadata(artefact)}
    ours = found.pop(OURS)
    name, version = artefact.name, ours["Version"]
    sha256 = digest(artefact)
    root = Component(
        name=OURS,
        version=version,
        type=ComponentType.APPLICATION,
        bom_ref=name,
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=sha256)],
        licenses=_licences(ours),
    )
    parts = [_held(one) for one in found.values()] or list(_needed(ours))
    parts += _sources(artefact)
    made = Bom(components=parts, serial_number=uuid.uuid5(uuid.NAMESPACE_URL, f"sha256:{sha256}"))
    made.metadata.component = root
    made.metadata.timestamp = datetime.fromtimestamp(
        int(os.environ["SOURCE_DATE_EPOCH"]), timezone.utc
    )
    depending: list[Dependable] = [*parts]
    made.register_dependency(root, depending)
    text: str = JsonV1Dot6(made).output_as_string(indent=1)
    fault = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if fault is not None:
        raise ValueError(f"{name}: {fault}")
    return text + "\n"


def digest(file: Path) -> str:
    """The file's SHA-256, in hexadecimal."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _held(metadata: Message) -> Component:
    name, version = metadata["Name"], metadata["Version"]
    return Component(
        name=name,
        version=version,
        bom_ref=f"{name}=={version}",
        purl=PackageURL("pypi", name=name.lower(), version=version),
        licenses=_licences(metadata),
    )


def _needed(metadata: Message) -> Iterator[Component]:
    """What it needs without an extra, on some Python, with the versions that it takes."""
    for line in metadata.get_all("Requires-Dist", []):
        wanted = Requirement(line)
        if "extra" not in str(wanted.marker):
            yield Component(
                name=wanted.name,
                bom_ref=wanted.name,
                purl=PackageURL("pypi", name=wanted.name.lower()),
                description=f"{wanted.name} {wanted.specifier}",
            )


def _sources(artefact: Path) -> Iterator[Component]:
    """The interpreter's parts, where the artefact carries one: Debian's sources, and a compiler."""
    for _, content in _files(artefact, _SOURCES):
        for line in content.decode().partition("\n\n")[2].splitlines():
            name, version, *debian = line.split()
            if debian:
                purl = PackageURL("deb", "debian", name, version, {"arch": "source"})
            else:
                purl = PackageURL("pypi", name=name, version=version)
            yield Component(
                name=name,
                version=version,
                bom_ref=f"{name}=={version}",
                purl=purl,
            )


def _licences(metadata: Message) -> list[License]:
    """Its licence: an SPDX expression where it has one, else what it says of itself."""
    said = metadata["License-Expression"] or metadata["License"]
    if not said or "\n" in said:  # the whole text
        classifiers = metadata.get_all("Classifier", [])
        said = next((one.split(" :: ")[-1] for one in classifiers if "License ::" in one), None)
    return [LicenseFactory().make_from_string(said)] if said else []


def _metadata(artefact: Path) -> Iterator[Message]:
    """The core metadata of each distribution in an artefact."""
    parser = email.parser.BytesParser()
    for _, content in _files(artefact, *_METADATA):
        yield parser.parsebytes(content)


def _files(artefact: Path, *endings: str) -> Iterator[tuple[str, bytes]]:
    """The files with such names in a .deb, a .tar.gz, a wheel or a zipapp."""
    if artefact.suffix == ".deb":
        command = ("dpkg-deb", "--fsys-tarfile", artefact)
        packed = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
        yield from _in_tar(io.BytesIO(packed), endings)
    elif artefact.name.endswith(".tar.gz"):
        yield from _in_tar(io.BytesIO(artefact.read_bytes()), endings)
    else:
        with zipfile.ZipFile(artefact) as archive:
            for name in archive.namelist():
                if name.endswith(endings):
                    yield name, archive.read(name)


def _in_tar(packed: io.BytesIO, endings: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(fileobj=packed) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.name.endswith(endings) else None
            if file is not None:
                yield member.name, file.read()
