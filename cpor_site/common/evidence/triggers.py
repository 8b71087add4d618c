"""The database itself refuses to change evidence, whoever asks: admin, shell or SQL by hand.

Triggers are put in place after every ``migrate``, one definition for PostgreSQL and one for SQLite;
a table whose triggers are as they should be is left alone.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import AppConfig
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate, pre_migrate

from .kept import Kept, kept_tables

PREFIX = "evidence_"
ALLOWED = "cpor_pseudonymising"
SETTING = "cpor.pseudonymising"

BODY = """
DECLARE
  emptied text[];
  free text[];
  old_row jsonb;
  new_row jsonb;
  emptying text;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    emptied := string_to_array(TG_ARGV[0], ',');
    free := string_to_array(TG_ARGV[2], ',') || emptied;
    IF current_setting('cpor.pseudonymising', true) = 'on' THEN
      free := free || string_to_array(TG_ARGV[1], ',');
    END IF;
    old_row := to_jsonb(OLD);
    new_row := to_jsonb(NEW);
    FOREACH emptying IN ARRAY emptied LOOP
      IF new_row -> emptying IS DISTINCT FROM old_row -> emptying
        AND COALESCE(new_row ->> emptying, '') <> '' THEN
        free := array_remove(free, emptying);
      END IF;
    END LOOP;
    IF old_row - free = new_row - free THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'Evidence is kept: % allows no such %.', TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'restrict_violation';
END
"""
FUNCTION = (
    "CREATE OR REPLACE FUNCTION cpor_keep_evidence() RETURNS trigger LANGUAGE plpgsql "
    f"AS $body${BODY}$body$"
)


def connect() -> None:
    """Put the triggers in place after every migration from now on."""
    connection_created.connect(_teach_sqlite, dispatch_uid="cpor_site.common.evidence.teach")
    pre_migrate.connect(_clear_the_way, dispatch_uid="cpor_site.common.evidence.clear")
    post_migrate.connect(_after_migrate, dispatch_uid="cpor_site.common.evidence.install")


def install(connection: BaseDatabaseWrapper, app_label: str | None = None) -> None:
    """Put in place what is missing; tables that don't exist yet are left for later."""
    wanted = _wanted(connection, kept_tables(app_label))
    if not wanted:
        return
    there = _existing(connection)
    statements = []
    for table, definitions in wanted.items():
        found = there.get(table, {})
        at_work = {name for name, text in definitions.items() if _does(found.get(name), text)}
        statements += [_drop(connection, table, name) for name in found if name not in at_work]
        statements += [text for name, text in definitions.items() if name not in at_work]
    if statements and connection.vendor == "postgresql":
        statements.insert(0, FUNCTION)
    _run(connection, statements)


def remove(connection: BaseDatabaseWrapper, kinds: tuple[str, ...] = ()) -> None:
    """Take all triggers away, or those of some kinds; for migrations that change evidence."""
    beginnings = tuple(f"{PREFIX}{kind}_" for kind in kinds) or (PREFIX,)
    _run(
        connection,
        [
            _drop(connection, table, name)
            for table, names in _existing(connection).items()
            for name in names
            if name.startswith(beginnings)
        ],
    )


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """Return the tables of evidence whose triggers are gone, changed or switched off."""
    there = _existing(connection)
    wanted = _wanted(connection, kept_tables())
    return [
        table
        for table, definitions in wanted.items()
        if not all(
            _does(there.get(table, {}).get(name), text) for name, text in definitions.items()
        )
    ]


@contextmanager
def pseudonymising(using: str = "default") -> Iterator[None]:
    """Let this transaction change the personal columns of evidence, and nothing else.

    Only for ``personal``, which writes down what it did. Ends with the block.
    """
    connection: Any = connections[using]
    with transaction.atomic(using=using):
        _allow(connection, True)
        try:
            yield
        finally:
            if not connection.needs_rollback:
                _allow(connection, False)
            connection.cpor_pseudonymising = False


def _allow(connection: Any, is_allowed: bool) -> None:
    connection.cpor_pseudonymising = is_allowed
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            word = "on" if is_allowed else "off"
            cursor.execute("SELECT set_config(%s, %s, true)", [SETTING, word])


def _teach_sqlite(connection: Any, **kwargs: Any) -> None:
    """Give a connection to SQLite the function that its triggers ask.

    Where it is unknown, such as in a shell of SQLite's own, every change of evidence fails. With
    recursive triggers, ``REPLACE`` counts as the deletion that it is.
    """
    if connection.vendor == "sqlite":
        connection.connection.execute("PRAGMA recursive_triggers = ON")
        connection.connection.create_function(
            ALLOWED, 0, lambda: int(getattr(connection, "cpor_pseudonymising", False))
        )


def _clear_the_way(sender: AppConfig, using: str, plan: Any = (), **kwargs: Any) -> None:
    """Let SQLite change tables: it can't drop a column that a trigger names."""
    connection = connections[using]
    if plan and connection.vendor == "sqlite" and _existing(connection):
        remove(connection)


def _after_migrate(sender: AppConfig, using: str, **kwargs: Any) -> None:
    install(connections[using], sender.label)


def _existing(connection: BaseDatabaseWrapper) -> dict[str, dict[str, str]]:
    """Return our triggers by table and name, each with what it does.

    That is the text of the statement on SQLite, and on PostgreSQL that of the function with what it
    is given; empty for a trigger that is switched off, or not called for every row and change.
    """
    if connection.vendor == "postgresql":
        query = (
            "SELECT c.relname, t.tgname, CASE WHEN t.tgenabled IN ('O', 'A') AND t.tgqual IS NULL "
            "AND t.tgattr::text = '' "
            # Called for each row before an UPDATE or DELETE, or before a TRUNCATE.
            "AND t.tgtype = CASE WHEN t.tgname LIKE 'evidence\\_rows\\_%%' THEN 27 ELSE 34 END "
            "THEN p.prosrc || replace(encode(t.tgargs, 'escape'), '\\000', E'\\n') ELSE '' END "
            "FROM pg_trigger t "
            "JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid "
            "WHERE NOT t.tgisinternal AND t.tgname LIKE 'evidence\\_%%' "
            "AND pg_table_is_visible(c.oid)"
        )
    else:
        query = (
            "SELECT tbl_name, name, sql FROM sqlite_master "
            "WHERE type = 'trigger' AND substr(name, 1, 9) = 'evidence_'"
        )
    found: dict[str, dict[str, str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(query, [])
        for table, name, text in cursor.fetchall():
            found.setdefault(table, {})[name] = text
    return found


def _does(found: str | None, wanted: str) -> bool:
    """Whether a trigger that was found does what the statement says; its name tells the rest."""
    if "EXECUTE FUNCTION" not in wanted:
        return found == wanted
    given = re.findall("'([^']*)'", wanted)
    return found == BODY + "".join(f"{each}\n" for each in given)


def _wanted(connection: BaseDatabaseWrapper, kept: list[Kept]) -> dict[str, dict[str, str]]:
    """Return the triggers' statements by table and name, for the tables that exist."""
    if not kept:
        return {}
    if connection.vendor == "postgresql":
        query = (
            "SELECT c.relname, a.attname FROM pg_class c "
            "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
            "WHERE c.relkind IN ('r', 'p') AND pg_table_is_visible(c.oid) "
            "AND c.relnamespace = current_schema()::regnamespace ORDER BY c.relname, a.attnum"
        )
    else:
        query = (
            "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c "
            "WHERE m.type = 'table' ORDER BY m.name, c.cid"
        )
    columns: dict[str, list[str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(query)
        for table, column in cursor.fetchall():
            columns.setdefault(table, []).append(column)
    return {
        each.table: _definitions(connection, each, columns[each.table])
        for each in kept
        if each.table in columns
    }


def _definitions(connection: BaseDatabaseWrapper, kept: Kept, columns: list[str]) -> dict[str, str]:
    """Return the statements that make the table's triggers, by name; each name tells its text."""
    emptied, personal = kept.columns(kept.emptied), kept.columns(kept.personal)
    free = kept.columns(kept.free)
    if kept.fixed:
        fixed = {*kept.columns(kept.fixed), kept.key.column, *emptied, *personal}
        free = [name for name in columns if name not in fixed]
    make = _on_postgresql if connection.vendor == "postgresql" else _on_sqlite
    made = make(kept.table, columns, emptied, personal, free)
    salt = FUNCTION if connection.vendor == "postgresql" else ""
    named = {}
    for what, statement in made.items():
        digest = hashlib.sha256((salt + statement).encode()).hexdigest()[:12]
        # A trigger of SQLite has a name of its own in the whole database.
        name = f"{PREFIX}{what}_{digest}"
        named[name] = statement.replace("{name}", name)
    return named


def _on_postgresql(
    table: str, columns: list[str], emptied: list[str], personal: list[str], free: list[str]
) -> dict[str, str]:
    arguments = ", ".join(f"'{','.join(sorted(each))}'" for each in (emptied, personal, free))
    call = f"EXECUTE FUNCTION cpor_keep_evidence({arguments})"
    return {
        "rows": f'CREATE TRIGGER {{name}} BEFORE UPDATE OR DELETE ON "{table}" FOR EACH ROW {call}',
        "whole": f'CREATE TRIGGER {{name}} BEFORE TRUNCATE ON "{table}" FOR EACH STATEMENT {call}',
    }


def _on_sqlite(
    table: str, columns: list[str], emptied: list[str], personal: list[str], free: list[str]
) -> dict[str, str]:
    loose = {*emptied, *personal, *free}
    changed = [f'OLD."{name}" IS NOT NEW."{name}"' for name in columns if name not in loose]
    changed += [
        f'(OLD."{name}" IS NOT NEW."{name}" AND coalesce(NEW."{name}", \'\') <> \'\')'
        for name in emptied
    ]
    if personal:
        touched = " OR ".join(f'OLD."{name}" IS NOT NEW."{name}"' for name in personal)
        changed.append(f"(({touched}) AND {ALLOWED}() = 0)")
    no = f"SELECT RAISE(ABORT, 'Evidence is kept: {table} allows no such "
    return {
        "update": f'CREATE TRIGGER {{name}} BEFORE UPDATE ON "{table}" FOR EACH ROW '
        f"WHEN {' OR '.join(changed)} BEGIN {no}UPDATE.'); END",
        "delete": f'CREATE TRIGGER {{name}} BEFORE DELETE ON "{table}" FOR EACH ROW '
        f"BEGIN {no}DELETE.'); END",
        # A shell that could switch off what makes REPLACE a deletion doesn't know the function.
        "insert": f'CREATE TRIGGER {{name}} BEFORE INSERT ON "{table}" FOR EACH ROW '
        f"WHEN {ALLOWED}() IS NULL BEGIN {no}INSERT.'); END",
    }


def _run(connection: BaseDatabaseWrapper, statements: list[str]) -> None:
    """Execute the statements, on PostgreSQL all in one go."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql" and statements:
            cursor.execute("; ".join(statements))
            return
        for statement in statements:
            cursor.execute(statement)


def _drop(connection: BaseDatabaseWrapper, table: str, name: str) -> str:
    on = f' ON "{table}"' if connection.vendor == "postgresql" else ""
    return f'DROP TRIGGER "{name}"{on}'
