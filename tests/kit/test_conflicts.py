"""A request that loses against another one is tried again, out of the client's sight."""

import pytest

TRIES = 5


@pytest.fixture
def failing(workshop):
    """Make the next `times` writes of widgets fail in PostgreSQL with this SQLSTATE."""

    def fail(times, sqlstate):
        workshop.sql("CREATE SEQUENCE failures")
        workshop.sql(
            "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" IF nextval('failures') <= {times} THEN"
            f" RAISE EXCEPTION 'no' USING ERRCODE = '{sqlstate}'; END IF;"
            " RETURN NEW; END $$"
        )
        workshop.sql(
            "CREATE TRIGGER fail BEFORE INSERT OR UPDATE ON widget"
            " FOR EACH ROW EXECUTE FUNCTION fail()"
        )

    yield fail
    workshop.sql("DROP TRIGGER IF EXISTS fail ON widget")
    workshop.sql("DROP FUNCTION IF EXISTS fail()")
    workshop.sql("DROP SEQUENCE IF EXISTS failures")


def tried(workshop):
    return workshop.sql("SELECT last_value FROM failures")[0][0]


@pytest.mark.parametrize("sqlstate", ["40P01", "40001"])
def test_a_deadlock_is_tried_again(workshop, ben, tag, failing, sqlstate):
    failing(TRIES - 1, sqlstate)
    made = ben.create("widgets", name=tag)
    assert tried(workshop) == TRIES
    assert ben.get(f"/widgets?filter[name]={tag}")["items"] == [made]
    assert workshop.told(made["id"]) == ["crm.workshop.widget.created.v1"]


def test_one_that_never_ends_is_said_so(workshop, ben, widget, failing):
    failing(100, "40P01")
    answer = ben.ask("PATCH", f"/widgets/{widget['id']}", {"parts": 4})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert tried(workshop) == TRIES
    assert ben.get(f"/widgets/{widget['id']}") == widget


@pytest.mark.parametrize(
    ("sqlstate", "status"), [("55P03", 503), ("53300", 503), ("57P01", 503), ("22012", 500)]
)
def test_what_does_not_pass_is_not_tried_again(workshop, ben, failing, sqlstate, status):
    failing(100, sqlstate)
    problem = ben("POST", "/widgets", {"name": "x"}, status=status)
    assert problem["code"] == ("internal_error" if status == 500 else "service_unavailable")
    assert tried(workshop) == 1
