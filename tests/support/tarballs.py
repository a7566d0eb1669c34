"""Pack modules as their build tools do."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Mapping


def pack(
    slug: str, version: str, manifests: Mapping[str, str | bytes], *, checksums: bool = False
) -> bytes:
    """Pack a release as puppet-modulebuilder and PDK do: without checksums.json.

    Args:
        slug: "author-name".
        version: of the release.
        manifests: path below ``manifests`` to text.
        checksums: whether there is a checksums.json, as `puppet module build` wrote it.
    """
    top = f"{slug}-{version}"
    files: dict[str, str | bytes] = {
        "metadata.json": json.dumps({"name": slug, "version": version, "dependencies": []}),
        "README.md": "A module.\n",
        "spec/fixtures/manifests/site.pp": "class site_of_the_tests {}",
        **{f"manifests/{path}": text for path, text in manifests.items()},
    }
    if checksums:
        files["checksums.json"] = "{}"
    return pack_files({f"{top}/{path}": text for path, text in files.items()})


def pack_files(files: Mapping[str, str | bytes]) -> bytes:
    """Pack files by their paths."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for path, text in files.items():
            data = text if isinstance(text, bytes) else text.encode()
            member = tarfile.TarInfo(path)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return gzip.compress(packed.getvalue(), mtime=0)
