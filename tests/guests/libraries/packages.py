"""packages.py - archives of package registries, each through its own client.

Every package is of one exact version and checked against its own digest
before anything is read from it. What is told of a failure is what a user can
do about it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 600  # seconds for one command
APT_HELPER = "/usr/lib/apt/apt-helper"
DEBIAN = "http://deb.debian.org/debian/pool/main/"


class Failure(Exception):
    """A reason to stop that the user can act on."""


def cache() -> Path:
    """The folder for guests; see also tools/build-wasmtime."""
    own = os.environ.get("LODGE_CACHE")
    if own:
        return Path(own).absolute() / "guests"
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base).absolute() / "lodge" / "guests"


def program(name: str, wanted_for: str) -> str:
    path = shutil.which(name)
    if not path:
        raise Failure(f"{name} is needed {wanted_for}: install it ({name})")
    return path


def run(command: list[str], what: str, folder: Path, **more) -> str:
    """What a command prints; it has to work."""
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True,
                              text=True, timeout=PATIENCE, check=False,
                              stdin=subprocess.DEVNULL, **more)
    except subprocess.TimeoutExpired:
        raise Failure(f"{what}: took too long; try again") from None
    if done.returncode:
        lines = [x for x in done.stderr.splitlines() if " warn " not in x]
        raise Failure(f"{what}: {' '.join(lines[:3]) or 'no reason given'}\n"
                      "with a network, run: tests/guests/fetch\n"
                      f"without one, bring {cache()} from a machine with one")
    return done.stdout


def members(archive: Path) -> Iterator[tuple[str, bytes]]:
    """Name and contents of each file in a tar or zip archive."""
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive) as packed:
            for name in packed.namelist():
                yield name, packed.read(name)
        return
    with tarfile.open(archive) as tar:
        for entry in tar:
            source = tar.extractfile(entry) if entry.isfile() else None
            if source:
                yield entry.name, source.read()


@dataclass(frozen=True)
class Npm:
    """A package of npm; `integrity` as npm tells it."""

    name: str
    version: str
    integrity: str

    def bring(self, folder: Path) -> Path:
        what = f"{self.name}@{self.version}"
        npm = program("npm", f"to fetch {what}")
        run([npm, "pack", "--loglevel=error", "--ignore-scripts",
             "--pack-destination", str(folder), what],
            f"{what} could not be fetched", folder)
        (archive,) = folder.glob("*.tgz")
        digest = hashlib.sha512(archive.read_bytes()).digest()
        found = "sha512-" + base64.b64encode(digest).decode()
        if found != self.integrity:
            raise Failure(f"{what} is not what it was: {found}")
        return archive


@dataclass(frozen=True)
class Debian:
    """An upstream archive from Debian's pool, which apt checks."""

    path: str
    sha256: str

    def bring(self, folder: Path) -> Path:
        if not os.access(APT_HELPER, os.X_OK):
            raise Failure(f"apt is needed to fetch {self.path}")
        archive = folder / Path(self.path).name
        run([APT_HELPER, "download-file", DEBIAN + self.path, str(archive),
             f"SHA256:{self.sha256}"],
            f"{self.path} could not be fetched", folder)
        return archive


@dataclass(frozen=True)
class GoModule:
    """A Go module; `sum` as go.sum tells it."""

    name: str
    version: str
    sum: str

    def bring(self, folder: Path) -> Path:
        what = f"{self.name}@{self.version}"
        go = program("go", f"to fetch {what}")
        told = run([go, "mod", "download", "-modcacherw", "-json", what],
                   f"{what} could not be fetched", folder,
                   env={**os.environ, "GOMODCACHE": str(folder / "go"),
                        "GOFLAGS": "-mod=mod"})
        found = json.loads(told)
        if found["Sum"] != self.sum:
            raise Failure(f"{what} is not what it was: {found['Sum']}")
        return Path(found["Zip"])
