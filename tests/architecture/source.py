"""Reads the product's source for the guards: what it names, by full dotted name, wherever it names it."""

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.harness import ROOT

PRODUCT = ("chassis", "services", "gateway", "sandbox", "embedded", "kaisen", "bench")


def files(*folders: str) -> list[Path]:
    """The Python files below these folders of the repository; a guard that would look at nothing fails here."""
    found = sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    assert found, f"no Python files in {folders}"
    return found


def services() -> list[str]:
    """The packages of the services, for example `services.auth`."""
    found = sorted(f"services.{path.parent.name}" for path in (ROOT / "services").glob("*/service.py"))
    assert len(found) >= 4, f"some services are missing: {found}"
    return found


def service_class(package: str) -> Any:
    return import_module(f"{package}.service").Service


def names(path: Path) -> Iterator[tuple[str, str]]:
    """(place, dotted name) of everything that the file refers to, through whichever import: `datetime.datetime.now`
    for `now` of a class imported as `from datetime import datetime as moment`.
    """
    tree = ast.parse(path.read_text(), str(path))
    imported = dict(_imports(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name):
            name = _dotted(node, imported)
            if name:
                yield _place(path, node), name


def strings(path: Path) -> Iterator[tuple[str, str]]:
    """(place, text) of every string literal of the file, f-strings by their parts; docstrings included."""
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield _place(path, node), node.value


def _imports(tree: ast.AST) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield (
                    alias.asname or alias.name.partition(".")[0],
                    alias.name if alias.asname else alias.name.partition(".")[0],
                )
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def _dotted(node: ast.expr, imported: dict[str, str]) -> str | None:
    if isinstance(node, ast.Name):
        return imported.get(node.id)
    if isinstance(node, ast.Attribute):
        owner = _dotted(node.value, imported)
        return f"{owner}.{node.attr}" if owner else None
    return None


def _place(path: Path, node: ast.expr) -> str:
    return f"{path.relative_to(ROOT)}:{node.lineno}"
