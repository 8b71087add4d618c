"""Nothing but the door and the machine changes a claim's status."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("claims", "consent", "reviews", "cpor_site")
GUARDED = {"status", "association_state"}
MACHINE = {Path("claims/models/claim.py")}
DOOR = Path("claims/door.py")
PLAIN_QUERYSETS = {Path("claims/door_batch.py"), Path("cpor_site/common/together.py")}
"""Who may go round the guard of the claims' own queryset: the door, and its helper for rows."""
BULK_WRITES = {"update", "aupdate", "bulk_update", "abulk_update", "create", "acreate"}
BULK_WRITES |= {"get_or_create", "update_or_create", "aget_or_create", "aupdate_or_create"}


def product_files() -> list[Path]:
    return sorted(
        path.relative_to(ROOT)
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if "migrations" not in path.parts
    )


def stray_writes(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield line and kind of whatever could write a guarded field."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.stmt | ast.expr):
            continue
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, ast.AugAssign | ast.AnnAssign):
            targets = [node.target]
        for target in targets:
            for part in ast.walk(target):
                if isinstance(part, ast.Attribute) and part.attr in GUARDED:
                    yield node.lineno, f"assigns .{part.attr}"
                if (
                    isinstance(part, ast.Subscript)
                    and isinstance(part.slice, ast.Constant)
                    and part.slice.value in GUARDED
                    and isinstance(part.value, ast.Attribute)
                    and part.value.attr == "__dict__"
                ):
                    yield node.lineno, "writes into __dict__"
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if isinstance(node.func, ast.Name):
            name = node.func.id
        if name in BULK_WRITES:
            for keyword in node.keywords:
                if keyword.arg in GUARDED:
                    yield node.lineno, f"{name}({keyword.arg}=...)"
        if name in {"setattr", "__setattr__"}:
            for argument in node.args:
                if isinstance(argument, ast.Constant) and argument.value in GUARDED:
                    yield node.lineno, f"{name}(..., {argument.value!r})"
        if name == "execute":
            for part in ast.walk(node):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    text = part.value.lower()
                    if "update" in text and any(f"{field} =" in text for field in GUARDED):
                        yield node.lineno, "raw SQL"
        if name == "Claim":
            for keyword in node.keywords:
                if keyword.arg in GUARDED:
                    yield node.lineno, f"Claim({keyword.arg}=...)"


def guards_left_aside(tree: ast.AST) -> Iterator[int]:
    """Yield the line of every plain ``QuerySet(...)`` and every bulk write of a base manager."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", "") or getattr(node.func, "id", "")
        is_base = any(
            isinstance(part, ast.Attribute) and part.attr == "_base_manager"
            for part in ast.walk(node.func)
        )
        if name == "QuerySet" or (is_base and name in BULK_WRITES | {"bulk_create"}):
            yield node.lineno


@pytest.mark.parametrize(
    "code",
    ["QuerySet(Claim).update(**values)", "Claim._base_manager.filter(pk=1).update(**values)"],
)
def test_the_walk_finds_each_way_round_the_guard(code: str) -> None:
    assert len(list(guards_left_aside(ast.parse(code)))) == 1


def test_the_door_alone_goes_round_the_guard() -> None:
    users = {path for path in product_files() if list(guards_left_aside(parsed(path)))}
    assert users == PLAIN_QUERYSETS


def test_moves_are_made_by_the_door_alone() -> None:
    """``door.move`` changes an object without saving it: for the door's own ways only."""
    callers = {path for path in product_files() if "door.move(" in (ROOT / path).read_text("utf-8")}
    assert callers == {Path("claims/door_batch.py")}


def transition_calls(tree: ast.AST, acts: set[str]) -> Iterator[tuple[int, str]]:
    """Yield calls of transition methods on something called ``claim``."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in acts
            and isinstance(node.func.value, ast.Name | ast.Attribute)
            and (getattr(node.func.value, "id", "") or getattr(node.func.value, "attr", ""))
            in {"claim", "self"}
        ):
            yield node.lineno, node.func.attr


def parsed(path: Path) -> ast.AST:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", product_files(), ids=str)
def test_no_stray_status_write(path: Path) -> None:
    assert list(stray_writes(parsed(path))) == []


def test_transitions_are_called_by_the_door_alone() -> None:
    from claims.states import Act

    acts = {str(act.value) for act in Act}
    callers = {
        path
        for path in product_files()
        if path not in MACHINE and list(transition_calls(parsed(path), acts))
    }
    assert callers == set()
    assert "getattr(claim, act.value)" in (ROOT / DOOR).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "code",
    [
        "claim.status = 'approved'",
        "a.claim.association_state = x",
        "claim.status, other = x, y",
        "claim.__dict__['status'] = 'x'",
        "setattr(claim, 'status', 'x')",
        "object.__setattr__(claim, 'status', 'x')",
        "Claim.objects.filter(pk=1).update(status='x')",
        "Claim(status='x')",
        "Claim.objects.update_or_create(pk=1, status='x')",
        "cursor.execute('UPDATE claims_claim SET status = 1')",
    ],
)
def test_the_walk_finds_each_way_of_writing(code: str) -> None:
    assert len(list(stray_writes(ast.parse(code)))) == 1
