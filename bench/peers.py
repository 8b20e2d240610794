"""Finds the peers in a folder, or installs them there from npm, at pinned versions."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_INSTALL_TIMEOUT_S = 900


class NotThere(Exception):
    """A peer, or a load generator, cannot be had; the text says why."""


@dataclass(frozen=True, slots=True)
class NpmPackage:
    """A package of npm at one version.

    Attributes:
        needs: the program that runs it.
        file: what is run, inside the package's folder.
    """

    key: str
    title: str
    name: str
    version: str
    needs: str
    file: str


PRISM = NpmPackage("prism", "Prism", "@stoplight/prism-cli", "5.16.0", "node", "dist/index.js")
MOCKOON = NpmPackage("mockoon", "Mockoon", "@mockoon/cli", "9.9.0", "node", "bin/run.js")
WIREMOCK = NpmPackage("wiremock", "WireMock", "wiremock", "3.13.2", "java", "build/wiremock-standalone-3.13.2.jar")
AUTOCANNON = NpmPackage("autocannon", "autocannon", "autocannon", "8.0.0", "node", "autocannon.js")


def default_folder() -> Path:
    """Where peers are kept: in the user's cache."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "conversations-mock-bench"


def obtain(package: NpmPackage, folder: Path, *, offline: bool, say: Callable[[str], None]) -> Path:
    """The file to run; installed first if it is not there.

    Raises:
        NotThere: it cannot be had.
    """
    if shutil.which(package.needs) is None:
        raise NotThere(f"there is no {package.needs}")
    home = folder / f"{package.key}-{package.version}"
    file = home / "node_modules" / package.name / package.file
    done = home / "installed"  # an installation that was broken off has everything but this
    if done.is_file() and file.is_file():
        return file
    if offline:
        raise NotThere("it is not installed, and this run installs nothing")
    npm = shutil.which("npm")
    if npm is None:
        raise NotThere("there is no npm to install it with")
    say(f"installing {package.title} {package.version} into {home}")
    _install(npm, package, home)
    if not file.is_file():
        raise NotThere(f"its package has no {package.file}")
    done.touch()
    return file


def _install(npm: str, package: NpmPackage, home: Path) -> None:
    home.mkdir(parents=True, exist_ok=True)
    (home / "package.json").write_text(json.dumps({"private": True}))
    command = [npm, "install", "--no-fund", "--no-audit", "--ignore-scripts", "--loglevel=error"]
    try:
        subprocess.run(
            [*command, "--prefix", str(home), f"{package.name}@{package.version}"],
            check=True,
            capture_output=True,
            text=True,
            timeout=_INSTALL_TIMEOUT_S,
        )
    except subprocess.CalledProcessError as error:
        said = next((line for line in error.stderr.splitlines() if "code" in line), f"exit code {error.returncode}")
        raise NotThere(f"npm could not install it: {said.removeprefix('npm error ')}") from None
    except subprocess.TimeoutExpired:
        raise NotThere(f"npm did not install it in {_INSTALL_TIMEOUT_S} s") from None
