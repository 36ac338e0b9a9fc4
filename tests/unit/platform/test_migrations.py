"""A database comes to the version of the code once, or the code does not serve it."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

import crmkit
from crmkit import migrations
from crmkit.db import KIT
from tests import cluster


@pytest.fixture
def url() -> str:
    return cluster.fresh_database("migrations")


@pytest.fixture
def versions(tmp_path: Path) -> Path:
    return tmp_path / "migrations" / "versions"


def _models(*columns: str) -> sa.MetaData:
    """One table, `thing`, with these columns of text beside its id."""
    metadata = sa.MetaData()
    sa.Table(
        "thing",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False, server_default="") for name in columns),
    )
    return metadata


def _columns(url: str) -> set[str]:
    engine = sa.create_engine(url)
    try:
        return {column["name"] for column in sa.inspect(engine).get_columns("thing")}
    finally:
        engine.dispose()


def _mismatch(url: str, versions: Path) -> str | None:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        return migrations.mismatch(connection, versions)


def _write(url: str, versions: Path, metadata: sa.MetaData, message: str) -> Path | None:
    migrations.upgrade(url, versions)
    return migrations.write_revision(url, metadata, versions, message)


def test_written_revisions_bring_a_database_to_the_models(url: str, versions: Path) -> None:
    versions.mkdir(parents=True)
    first = _write(url, versions, _models("name"), "The first tables.")
    assert first == versions / "0001_the_first_tables.py"
    assert "###" not in first.read_text()
    assert migrations.upgrade(url, versions)
    assert _columns(url) == {"id", "name"}

    second = _write(url, versions, _models("name", "colour"), "Colours!")
    assert second == versions / "0002_colours.py"
    assert migrations.upgrade(url, versions)
    assert _columns(url) == {"id", "name", "colour"}

    assert migrations.head(versions) == "0002"
    assert migrations.differences(url, _models("name", "colour"), versions) == []
    assert _write(url, versions, _models("name", "colour"), "Nothing") is None
    assert [change[0] for change in migrations.differences(url, _models("name"), versions)] == [
        "remove_column"
    ]


def test_copies_that_start_at_once_migrate_once(url: str, versions: Path) -> None:
    versions.mkdir(parents=True)
    scratch = cluster.fresh_database("scratch")
    _write(scratch, versions, _models("name"), "First")
    with ThreadPoolExecutor(4) as pool:
        changed = list(pool.map(lambda _: migrations.upgrade(url, versions), range(4)))
    assert sorted(changed) == [False, False, False, True]


def test_a_revision_that_fails_leaves_the_database_as_it_was(url: str, versions: Path) -> None:
    versions.mkdir(parents=True)
    _write(url, versions, _models("name"), "First")
    (versions / "0002_bad.py").write_text(
        'revision = "0002"\ndown_revision = "0001"\n\nfrom alembic import op\n\n\n'
        'def upgrade() -> None:\n    op.execute("SELECT 1 / 0")\n'
    )
    with pytest.raises(sa.exc.DataError):
        migrations.upgrade(url, versions)
    assert "thing" not in sa.inspect(sa.create_engine(url, poolclass=sa.NullPool)).get_table_names()
    assert KIT.tables.keys().isdisjoint({"thing"})


def _newest() -> str:
    return max(path.name[:4] for path in (Path(crmkit.__path__[0]) / "revisions").glob("0*.py"))


def test_an_older_database_is_refused_until_migrated(url: str, versions: Path) -> None:
    versions.mkdir(parents=True)
    _write(cluster.fresh_database("scratch"), versions, _models("name"), "First")
    database = sa.make_url(url).database
    assert _mismatch(url, versions) == (
        f"the database {database} is at kit revision none and this Tandem needs {_newest()}: "
        "run `tandem migrate`"
    )
    with pytest.raises(migrations.WrongVersion):
        migrations.require_current(url, versions)
    migrations.upgrade(url, versions)
    migrations.require_current(url, versions)


def test_a_newer_database_is_refused_for_good(url: str, versions: Path) -> None:
    versions.mkdir(parents=True)
    _write(url, versions, _models("name"), "First")
    migrations.upgrade(url, versions)
    newer = _write(url, versions, _models("name", "colour"), "Second")
    assert newer is not None
    migrations.upgrade(url, versions)
    newer.unlink()
    problem = (
        f"the database {sa.make_url(url).database} is at revision 0002, which a newer Tandem wrote "
        "and this one (up to 0001) does not know: start the newer one"
    )
    assert _mismatch(url, versions) == problem
    with pytest.raises(migrations.WrongVersion) as refusal:
        migrations.upgrade(url, versions)
    assert str(refusal.value) == problem


def test_two_revisions_that_follow_the_same_one_are_refused(versions: Path) -> None:
    versions.mkdir(parents=True)
    for revision in ("0001", "0002"):
        (versions / f"{revision}.py").write_text(f'revision = "{revision}"\ndown_revision = None\n')
    with pytest.raises(ValueError, match=r"0001 and 0002 of .* both follow None"):
        migrations.head(versions)
