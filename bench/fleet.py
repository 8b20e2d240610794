"""How each server is started: this mock in its several ways, the bare framework, and the peers."""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path

from bench.material import Material
from bench.peers import MOCKOON, PRISM, WIREMOCK
from bench.servers import Kind

_OURS = {"MOCKSERVER_LOG_LEVEL": "warning"}


def mock(*options: str, logs: bool = False) -> Kind:
    """This mock with these options on top of its defaults; with its access log only if `logs` says so."""
    return Kind(
        "mock",
        "this mock",
        lambda port: [sys.executable, "-m", "mockserver", "--port", str(port), *options],
        {"MOCKSERVER_LOG_LEVEL": "info"} if logs else _OURS,
    )


def bare(material: Material) -> Kind:
    """Starlette on uvicorn, which sends the recorded bytes and looks at nothing."""
    return _app("bare", f"bare Starlette {version('starlette')}", "bare", material)


def connexion(material: Material) -> Kind:
    """A stock Connexion `AsyncApp` over the same contract, whose handlers answer what was recorded."""
    return _app("connexion", f"stock Connexion {version('connexion')}", "stock", material)


def filled(small: int, big: int) -> Kind:
    """This mock with a small and a big collection of conversations, and of messages."""
    return Kind(
        "mock",
        "this mock",
        lambda port: [sys.executable, "-m", "bench.apps.filled", str(port), str(small), str(big)],
        _OURS,
    )


def peer(key: str, file: Path, material: Material, *, logs: bool = False) -> Kind:
    """A peer that was found or installed; with the fewest logs that it can do with, unless `logs` says otherwise."""
    match key:
        case "prism":
            return Kind(
                key, f"Prism {PRISM.version}", lambda port: _prism(file, material, port, "info" if logs else "error")
            )
        case "mockoon":
            return Kind(key, f"Mockoon {MOCKOON.version}", lambda port: _mockoon(file, material, port))
        case "wiremock":
            return Kind(key, f"WireMock {WIREMOCK.version}", lambda port: _wiremock(file, material, port))
    raise ValueError(key)


def _app(key: str, title: str, module: str, material: Material) -> Kind:
    return Kind(
        key,
        title,
        lambda port: [sys.executable, "-m", f"bench.apps.{module}", str(port), str(material.answers)],
    )


def _prism(file: Path, material: Material, port: int, level: str) -> list[str]:
    options = ["--host", "127.0.0.1", "--port", str(port), "--verboseLevel", level]
    return ["node", str(file), "mock", str(material.contract), *options]


def _mockoon(file: Path, material: Material, port: int) -> list[str]:
    options = ["--port", str(port), "--hostname", "127.0.0.1", "--disable-log-to-file", "--disable-admin-api"]
    return ["node", str(file), "start", "--data", str(material.contract), *options]


def _wiremock(file: Path, material: Material, port: int) -> list[str]:
    options = ["--root-dir", str(material.stubs), "--no-request-journal", "--disable-banner"]
    return ["java", "-jar", str(file), "--port", str(port), "--bind-address", "127.0.0.1", *options]
