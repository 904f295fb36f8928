"""A history on a server of PostgreSQL: opening, locking, migrating, and what becomes of it when something goes wrong."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from lab import postgresql as lab
from lab.process import nobody, until
from lab.remembered import FIRST, GONE, GOOD, SETTINGS, URL, Runs, finding, ran, report

from checker.config.schema import HistoryTable
from checker.history import schema, server
from checker.history.database import DamagedError
from checker.history.run import RunHistory
from checker.history.store import open_for_reading, open_for_writing
from checker.model import CheckerError, ConfigError

pytestmark = [pytest.mark.needs("initdb"), pytest.mark.slow]
Server = lab.Server


@pytest.fixture
def url(postgresql: Server) -> str:
    """The URL of a database without a history."""
    return postgresql.afresh()


def filled(url: str) -> None:
    with closing(open_for_writing(url)) as history:
        Runs(history).pass_(*((f"{URL}{number}", GOOD) for number in range(50)), findings=[finding("a")])


# --- the URL


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("postgresql://host.example/mirrors", "postgresql://host.example/mirrors"),
        ("postgres://user:secret@host.example:5433/mirrors", "postgresql://host.example:5433/mirrors"),
        ("PostgreSQL://user:sec%40ret@[2001:db8::1]:1/x", "postgresql://[2001:db8::1]:1/x"),
        ("postgresql://a.example:1,b.example:2/x?target_session_attrs=any", "postgresql://a.example:1,b.example:2/x"),
        ("postgresql:///x?host=/run/postgresql&password=secret", "postgresql:///x"),
        ("postgresql://", "postgresql://"),
    ],
)
def test_a_database_is_called_without_its_login_and_parameters(url: str, name: str) -> None:
    place = server._place(url)

    assert place.name == name
    assert "secret" not in place.name


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("postgresql://user:sec/ret@host.example/x", id="a slash in the password"),
        pytest.param("postgresql://user:sec@ret@host.example/x", id="an at sign in the password"),
        pytest.param("postgresql://user:sec?ret@host.example/x", id="a question mark in the password"),
        pytest.param("postgresql://user:ret/x", id="no host behind the login"),
        pytest.param("postgresql://user:1/ret@host.example/x", id="what looks like a port"),
        pytest.param("postgresql://user:sec%zzret@host.example/x", id="a wrong percent sign"),
        pytest.param("postgresql://host.example/x?password=sec%zzret", id="a wrong percent sign in a parameter"),
        pytest.param("postgresql://host.example/x?pasword=ret", id="a parameter that is none"),
        pytest.param("postgresql://host.example/x ret", id="a space"),
    ],
)
def test_of_a_url_that_cannot_be_read_no_part_is_shown(url: str) -> None:
    with pytest.raises(ConfigError, match="cannot be read; write it like postgresql://USER@HOST") as raised:
        open_for_writing(url)

    assert "ret" not in str(raised.value)


def test_what_a_url_says_of_the_connection_is_not_overridden() -> None:
    place = server._place("postgresql://host.example/x?connect_timeout=3&keepalives_idle=7&application_name=ours")

    assert (place.parameters["connect_timeout"], place.parameters["keepalives_idle"]) == ("3", "7")
    assert place.parameters["application_name"] == "ours"


def test_limits_of_an_administrator_do_not_cut_a_run_off(url: str, postgresql: Server) -> None:
    limits = ("statement_timeout", "lock_timeout", "idle_session_timeout")
    postgresql.run(*(f"ALTER ROLE keeper SET {name} = '1s'" for name in limits))
    try:
        with closing(open_for_writing(url)) as history:
            run = Runs(history).begin()
            time.sleep(1.2)
            history.rows("SELECT pg_sleep(1.2)")
            run.conclude(report([finding("a")]))
            kept = history.rows("SELECT current_setting('tcp_keepalives_idle'), current_setting('synchronous_commit')")
    finally:
        postgresql.run(*(f"ALTER ROLE keeper RESET {name}" for name in limits))

    assert run.failed is None
    assert kept == [("60", "off")]


@pytest.mark.parametrize(
    ("query", "numbered"),
    [
        ("a = ? AND b = ?", b"a = $1 AND b = $2"),
        ("a = ? AND b <= ?2 AND c > ?2", b"a = $1 AND b <= $2 AND c > $2"),
        ("a = ? AND (b = ? OR c = ?1) AND d = ?", b"a = $1 AND (b = $2 OR c = $1) AND d = $3"),
        ("SELECT x FROM target NOT INDEXED WHERE a = ?", b"SELECT x FROM target WHERE a = $1"),
    ],
)
def test_placeholders_are_numbered_as_sqlite_numbers_them(query: str, numbered: bytes) -> None:
    assert server._numbered(query) == numbered


# --- who gets in


def test_nobody_listens() -> None:
    with nobody() as there:
        url = there.replace("http://", "postgresql://user:secret@") + "/mirrors"
        for opens in (open_for_writing, open_for_reading):
            with pytest.raises(ConfigError, match=r"the history cannot be opened: .*refused") as raised:
                opens(url)

    assert "secret" not in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(("p%40ss", "wrong"), "password authentication failed", id="password"),
        pytest.param(("keeper", "stranger"), "password authentication failed", id="user"),
        pytest.param(("/mirrors", "/elsewhere"), 'database "elsewhere" does not exist', id="database"),
        pytest.param(("/mirrors", "/mirrors?sslmode=require"), "does not support SSL", id="no TLS"),
    ],
)
def test_a_server_lets_nobody_in(change: tuple[str, str], message: str, url: str) -> None:
    with pytest.raises(ConfigError, match=message) as raised:
        open_for_writing(url.replace(*change))

    assert "PGPASSWORD" in str(raised.value)
    assert "word" not in str(raised.value).replace("password", "").replace("PGPASSWORD", "")


def test_the_password_comes_from_where_libpq_has_it(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bare = url.replace(url[url.index("keeper:") : url.index("@127")], "keeper")
    monkeypatch.setenv("PGPASSFILE", str(tmp_path / "none"))
    with pytest.raises(ConfigError, match="no password supplied"):
        open_for_writing(bare)

    monkeypatch.setenv("PGPASSWORD", lab.PASSWORD)
    open_for_writing(bare).close()

    monkeypatch.delenv("PGPASSWORD")
    monkeypatch.setenv("PGPASSFILE", str(tmp_path / "pgpass"))
    escaped = lab.PASSWORD.replace(":", "\\:")
    (tmp_path / "pgpass").write_text(f"127.0.0.1:*:mirrors:keeper:{escaped}\n")
    (tmp_path / "pgpass").chmod(0o600)
    open_for_reading(bare).close()


def test_a_database_that_cannot_keep_all_names_is_refused(postgresql: Server) -> None:
    postgresql.run(
        "DROP DATABASE IF EXISTS latin", "CREATE DATABASE latin ENCODING LATIN1 LOCALE 'C' TEMPLATE template0"
    )

    with pytest.raises(ConfigError, match=r"its encoding is LATIN1, .*--encoding UTF8"):
        open_for_writing(postgresql.url("latin"))


def test_who_may_make_nothing_is_told_what_it_takes(url: str, postgresql: Server) -> None:
    postgresql.run("DROP ROLE IF EXISTS guest", "CREATE ROLE guest LOGIN PASSWORD 'p@ss/word:1'")
    guest = url.replace("keeper", "guest")
    with pytest.raises(ConfigError, match=r"permission denied for database mirrors; .* GRANT CREATE ON DATABASE"):
        open_for_writing(guest)

    postgresql.run("CREATE SCHEMA mirrorcheck AUTHORIZATION guest")  # as administrators do
    filled(guest)

    with closing(open_for_reading(guest)) as history:
        assert history.last() == (1, 1)


def test_who_may_only_read_reads_and_is_told_when_it_writes(url: str, postgresql: Server) -> None:
    filled(url)
    postgresql.run(
        *("DROP ROLE IF EXISTS reader", "CREATE ROLE reader LOGIN PASSWORD 'p@ss/word:1'"),
        *("GRANT USAGE ON SCHEMA mirrorcheck TO reader", "GRANT SELECT ON ALL TABLES IN SCHEMA mirrorcheck TO reader"),
    )
    reader = url.replace("keeper", "reader")

    with closing(open_for_reading(reader)) as history:
        assert [each.reference for each in history.report(1).findings] == ["a"]
    with closing(open_for_writing(reader)) as history, pytest.raises(CheckerError, match="permission denied for table"):
        history.begin("mirror", SETTINGS, FIRST, resume=True)


def test_what_holds_no_history_is_none_to_read(url: str) -> None:
    with pytest.raises(ConfigError, match=r"mirrors: no such history; `mirrorcheck check`"):
        open_for_reading(url)


# --- versions


def test_a_newer_history_is_left_alone(url: str, postgresql: Server) -> None:
    filled(url)
    postgresql.run("UPDATE mirrorcheck.version SET number = 99")

    for opens in (open_for_writing, open_for_reading):
        with pytest.raises(ConfigError, match=r"a newer mirrorcheck wrote it .version 99, this one knows 2.; update"):
            opens(url)


def test_the_schema_of_another_program_is_left_alone(url: str, postgresql: Server) -> None:
    postgresql.run("CREATE SCHEMA mirrorcheck", "CREATE TABLE mirrorcheck.theirs (x int)")

    with pytest.raises(ConfigError, match="its schema mirrorcheck is another program's"):
        open_for_writing(url)


def test_an_older_history_is_brought_to_this_version(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(url)
    later = (*schema.MIGRATIONS, ("CREATE TABLE page (content BLOB PRIMARY KEY, size INTEGER, age REAL)",))
    monkeypatch.setattr(schema, "MIGRATIONS", later)

    with closing(open_for_reading(url)) as history:
        assert history.rows("SELECT number FROM version") == [(len(later),)]
        assert history.rows("SELECT * FROM page") == []
        assert [each.reference for each in history.report(1).findings] == ["a"]


def test_a_migration_that_fails_changes_nothing(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(url)
    faulty = ("CREATE TABLE page (content BLOB)", "CREATE TABLE run (id)")
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, faulty))
    with pytest.raises(CheckerError, match="cannot be brought to this version"):
        open_for_writing(url)
    monkeypatch.undo()

    with closing(open_for_writing(url)) as history:
        assert history.rows("SELECT number FROM version") == [(len(schema.MIGRATIONS),)]
        assert history.rows("SELECT tablename FROM pg_tables WHERE tablename = 'page'") == []


@pytest.mark.parametrize("statement", ["DELETE FROM mirrorcheck.version", "UPDATE mirrorcheck.version SET number = 0"])
def test_a_version_that_makes_no_sense_is_damage(statement: str, url: str, postgresql: Server) -> None:
    filled(url)
    postgresql.run(statement)

    with pytest.raises(CheckerError, match=r"damaged: its tables are not those.*restore the schema .* or drop it"):
        open_for_writing(url)


# --- who writes

PROGRAM = """
import sys
import time
from datetime import datetime, UTC
from checker.history.store import open_for_writing
history = open_for_writing(sys.argv[1], wait=sys.argv[3] == "wait")
history.begin(sys.argv[2], b"settings", datetime.now(UTC), resume=False)
print("open", flush=True)
sys.stdin.read()
"""


@contextmanager
def another(url: str, series: str = "mirror", *, wait: bool = False) -> Iterator[subprocess.Popen[str]]:
    """Another process that writes to a series, once it may."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", PROGRAM, url, series, "wait" if wait else ""]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def is_open(process: subprocess.Popen[str]) -> bool:
    assert process.stdout is not None
    return process.stdout.readline() == "open\n"


def test_only_one_run_of_a_mirror_writes_and_a_killed_one_writes_no_more(url: str, postgresql: Server) -> None:
    filled(url)
    with another(url) as process:
        assert is_open(process)
        with closing(open_for_writing(url)) as history:
            who = f"another run writes to it .process {process.pid} on .*, since 20.*--wait"
            with pytest.raises(ConfigError, match=who):
                history.begin("mirror", SETTINGS, FIRST, resume=True)
            with pytest.raises(ConfigError, match=who):
                history.prune(FIRST)
        with closing(open_for_reading(url)) as history:
            assert history.last("mirror") == (1, 1)
        process.send_signal(signal.SIGKILL)
        process.wait()
        until(lambda: not sessions(postgresql))

        with closing(open_for_writing(url)) as history:
            assert history.begin("mirror", SETTINGS, FIRST, resume=False)[1] == 3


def sessions(server: Server) -> list[tuple[object, ...]]:
    return server.run("SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'mirrorcheck: process%'")


def test_runs_of_two_mirrors_write_at_once(url: str) -> None:
    with another(url, "first") as process, closing(open_for_writing(url)) as history:
        assert is_open(process)

        series, _ = ran(history, 0, [finding("a")])

        assert [(name, complete) for _, name, complete, _ in history.list()] == [("first", False), ("mirror", True)]
        assert series == 2


def test_who_waits_writes_when_the_other_run_ended(url: str) -> None:
    with another(url) as process:
        assert is_open(process)
        with another(url, wait=True) as second:
            with pytest.raises(subprocess.TimeoutExpired):
                second.wait(0.5)
            process.kill()
            assert is_open(second)


def test_two_processes_make_the_tables_once(url: str) -> None:
    with another(url, "a") as first, another(url, "b") as second, another(url, "c") as third:
        assert all(map(is_open, (first, second, third)))

    with closing(open_for_reading(url)) as history:
        assert sorted(name for _, name, _, _ in history.list()) == ["a", "b", "c"]


def test_pruning_forgets_the_old_runs_of_all_mirrors(url: str) -> None:
    with closing(open_for_writing(url)) as history:
        for number in range(3):
            for mirror in ("one", "two"):
                series, run, _ = history.begin(mirror, SETTINGS, FIRST + timedelta(days=number), resume=True)
                history.end(series, run, report([finding(mirror), finding(f"{mirror}{number}")]), ())
        before = history.database.size()

        assert history.prune(FIRST + timedelta(days=9)) == 4
        assert [name for _, name, _, _ in history.list()] == ["one", "two"]
        assert {each.reference for each in history.report(6).findings} == {"two", "two2"}
        assert 0 < history.database.size() <= before


# --- a server that fails


def test_what_was_learnt_before_the_server_went_away_is_kept(url: str, postgresql: Server) -> None:
    with closing(open_for_writing(url)) as history:
        run = Runs(history).begin()
        run.note(URL, GOOD)
        run.flush()
        postgresql.run(*(f"SELECT pg_terminate_backend({pid}, 5000)" for (pid,) in sessions(postgresql)))
        run.note(URL + "2", GOOD)
        told = run.conclude(report([finding("b")]))

    assert [each.reference for each in told.findings] == ["b"]
    assert "server closed the connection" in str(run.failed)
    assert str(run.failed).endswith("; what was written until then is kept, and the next run goes on from there")
    assert not isinstance(run.failed, DamagedError)
    with closing(open_for_writing(url)) as history:
        again = Runs(history).begin(days=1.2)
        assert (again.resumed, again.run) == (True, run.run)
        assert again.recall(URL, ("a",)) is not None
        assert again.recall(URL + "2", ()) is None


def test_a_server_that_does_not_answer_is_given_up(
    url: str, postgresql: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(open_for_writing(url)) as history:
        run = Runs(history).begin()
        ((pid,),) = sessions(postgresql)
        assert isinstance(pid, int)
        monkeypatch.setattr(server._Connection, "patience", 0.3)
        os.kill(pid, signal.SIGSTOP)
        try:
            run.note(URL, GOOD)
            run.flush()
        finally:
            os.kill(pid, signal.SIGCONT)

    assert "the server did not answer for 0 s" in str(run.failed)
    until(lambda: not sessions(postgresql))


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("DROP TABLE mirrorcheck.target CASCADE", id="no table"),
        pytest.param("ALTER TABLE mirrorcheck.target RENAME COLUMN url TO theirs", id="no column"),
    ],
)
def test_tables_that_are_not_ours_cost_the_history_and_not_the_run(
    statement: str, url: str, postgresql: Server
) -> None:
    filled(url)
    postgresql.run(statement)

    with closing(open_for_writing(url)) as history:
        run = Runs(history).begin(resume=False)
        run.note(URL, GOOD)
        told = run.conclude(report([finding("b")]))

    assert [each.reference for each in told.findings] == ["b"]
    assert "the history is damaged" in str(run.failed)
    assert "restore the schema mirrorcheck from a backup, or drop it" in str(run.failed)


def test_a_text_that_makes_no_sense_is_damage(url: str, postgresql: Server) -> None:
    filled(url)
    postgresql.run("UPDATE mirrorcheck.run SET report = '{}'")

    with closing(open_for_reading(url)) as history, pytest.raises(CheckerError, match=r"never written.*or drop it"):
        history.report(1)


def test_whatever_is_asked_of_a_server_that_is_gone_the_run_goes_on(url: str) -> None:
    filled(url)
    broken = finding("b", target=URL)
    asked: list[Callable[[RunHistory], object]] = [
        lambda run: run.admit({URL: ()}),
        lambda run: run.recall(URL, ("a",)),
        lambda run: run.recall_asset(URL, "image"),
        lambda run: run.expect([URL]),
        lambda run: run.last(URL, ()),
        lambda run: run.last_good(URL),
        lambda run: (run.note(URL, GONE), run.flush()),
        lambda run: run.compare([broken], lambda _: True),
        lambda run: run.conclude(report([broken])),
        lambda run: run.forget(),
    ]
    for ask in asked:
        with closing(open_for_writing(url)) as history:
            runs = Runs(history, HistoryTable(confirm="2", budget=1))
            run = runs.begin(resume=False, days=2)
            history.database.close()

            ask(run)

            assert "cannot be read or written" in str(run.failed)
            assert run.conclude(report([broken])) == report([broken])


def test_an_answer_with_a_character_that_no_text_may_hold_is_kept(url: str) -> None:
    odd = GONE._replace(answer=GONE.answer._replace(message="410: \0\ud800 gone"))
    with closing(open_for_writing(url)) as history:
        Runs(history).pass_((URL, odd))

        ((stored, _),) = history.show(URL)

    assert stored.message == "410: \\x00\\ud800 gone"
