"""Templates: checked when they are saved, harmless when they are filled in."""

import time

import pytest

from crmkit.config import Settings
from services.messaging import merging
from services.messaging.shipped_templates import SHIPPED, install_templates


def template(**more) -> dict:
    return {"name": "Greeting", "subject": "Dear {{ name }}", "body_text": "Hi {{ name }}"} | more


def test_a_mail_is_written_from_a_template(ben):
    html = "<p>{{ name }}</p>"
    made = ben.create("email-templates", **template(body_html=html))
    mail = ben.create(
        "emails", to=["kim@example.com"], template_id=made["id"], merge={"name": "Kim\n<3"}
    )
    assert mail["subject"] == "Dear Kim <3"
    assert mail["body_text"] == "Hi Kim\n<3"
    assert mail["body_html"] == "<p>Kim\n&lt;3</p>"


def test_words_written_by_hand_stand(ben):
    made = ben.create("email-templates", **template())
    mail = ben.create(
        "emails", to=["kim@example.com"], template_id=made["id"], subject="By hand", merge={}
    )
    assert (mail["subject"], mail["body_text"]) == ("By hand", "Hi ")


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        (template(subject="{{ name"), [("/subject", "template_syntax")]),
        (template(body_text="{% if %}"), [("/body_text", "template_syntax")]),
        (template(body_html="{{ a | shout }}"), [("/body_html", "template_syntax")]),
        (template(body_text="{% include 'x' %}"), [("/body_text", "template_syntax")]),
        (template(body_text=None), [("/body_text", "required")]),
        (template(body_text="x" * 20_001), [("/body_text", "too_long")]),
        (template(key="mine"), [("/key", "read_only")]),
    ],
)
def test_a_template_with_a_mistake_is_refused(ben, body, errors):
    assert ben.invalid("POST", "/email-templates", body) == errors


def test_a_preview_sends_nothing(ben):
    made = ben.create("email-templates", **template())
    path = f"/email-templates/{made['id']}/preview"
    assert ben("POST", path, {"merge": {"name": "Kim"}}) == {
        "subject": "Dear Kim",
        "body_text": "Hi Kim",
        "body_html": None,
    }


def test_values_that_do_not_fit_are_named(ben):
    made = ben.create("email-templates", **template(body_text="{{ 1 | divided_by: n }}"))
    path = f"/email-templates/{made['id']}/preview"
    assert ben.invalid("POST", path, {"merge": {"n": 0}}) == [("/merge", "template_failed")]
    mail = {"to": ["kim@example.com"], "template_id": made["id"], "merge": {"n": 0}}
    assert ben.invalid("POST", "/emails", mail) == [("/template_id", "template_failed")]


def test_shipped_templates_are_there_once_and_stay_as_users_reword_them(messaging, ben):
    def shipped():
        found = ben.get("/email-templates?limit=200")["items"]
        return {t["key"]: t for t in found if t["key"]}

    assert set(shipped()) == {t.key for t in SHIPPED}
    path = f"/email-templates/{shipped()['thanks']['id']}"
    ben("PATCH", path, {"subject": "Many thanks"})
    install_templates(messaging.database, Settings.from_env({}))
    assert shipped()["thanks"]["subject"] == "Many thanks"
    assert ben.refused("DELETE", path) == "system_template"


def test_every_shipped_template_is_valid():
    for shipped in SHIPPED:
        merging.check(shipped.subject)
        merging.check(shipped.body_text)


@pytest.mark.parametrize(
    "source",
    [
        "{" * 20_000,
        "{{" + " " * 19_000 + "}}",
        "{% raw %}" + "{{" * 9_000,
        "{% for i in (1..100000000) %}{% endfor %}",
        "{% assign a='xxxxxxxxxx' %}{% for i in (1..99) %}{% assign a=a | append: a %}{% endfor %}",
    ],
)
def test_no_template_keeps_the_suite_busy(source):
    started = time.process_time()
    with pytest.raises(merging.MergeError):
        merging.fill(source, {})
    assert time.process_time() - started < 1
