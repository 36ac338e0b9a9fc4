"""The house keeps its rules: rooms, sizes, names, and nothing left lying about."""

import ast
import io
import re
import subprocess
import sys
import tokenize

import pytest

from tests.architecture.sources import EVERYTHING, ROOT, SHIPPED, modules, text, tree

LONGEST = 400
LONGEST_OF_RECORDS = 300
BANNED = re.compile(r"^_?(utils?|helpers?|commons?|misc|shared|manager|base_?service)(_.*)?$")
LEFT_TO_DO = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
CODE = re.compile(
    r"^(from \w[\w.]* import |import \w|def \w+\(|class \w+[(:]|return\b.*[(\[.]|"
    r"@\w+|(if|elif|for|while|with) .*:$|else:$|try:$|except\b.*:$|raise \w+\(|"
    r"[\w.]+(\[.*\])? [+\-*/|]?= |[\w.]+\(.*\)$)"
)


def written(*rooms):
    """The modules that people write; migrations are generated and read once."""
    return [module for module in modules(*rooms) if not {"versions", "revisions"} & {*module.parts}]


def too_long(module, lines):
    most = LONGEST_OF_RECORDS if module.parts[:2] == ("crmkit", "records") else LONGEST
    return lines > most


def comments(source):
    """(line, text) of every comment, without its mark."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string.lstrip("#").strip()


def left_behind(source):
    """Lines on which something is yet to be done, or code is put aside."""
    return [
        f"line {line}: {said}"
        for line, said in comments(source)
        if LEFT_TO_DO.search(said) or (CODE.match(said) and not said.startswith("type: "))
    ]


@pytest.mark.parametrize("module", written(*EVERYTHING), ids=str)
def test_no_module_is_too_long(module):
    lines = text(module).count("\n")
    assert not too_long(module, lines), f"{lines} lines"


@pytest.mark.parametrize("module", modules(*EVERYTHING), ids=str)
def test_no_module_has_a_name_that_says_nothing(module):
    assert [name for name in (*module.parts[:-1], module.stem) if BANNED.match(name)] == []


@pytest.mark.parametrize("module", modules(*EVERYTHING), ids=str)
def test_nothing_is_left_to_do_and_no_code_put_aside(module):
    assert left_behind(text(module)) == []


@pytest.mark.parametrize("module", modules(*SHIPPED), ids=str)
def test_every_module_says_what_it_is_for(module):
    assert ast.get_docstring(tree(module))


def test_the_layers_hold():
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


class TestTheRulesThemselves:
    """Each is seen to refuse what it is there for."""

    @pytest.mark.parametrize(
        "source",
        [
            "x = 1  # TODO: more",
            "# FIXME",
            "# x = compute(y)",
            "# return found[0]",
            "# from a import b",
            "# if x:",
            "# store.update(uow, E, r, {})",
            "#print(x)",
        ],
    )
    def test_what_is_left_behind_is_seen(self, source):
        assert left_behind(source) != []

    @pytest.mark.parametrize(
        "source",
        [
            "x = 1  # noqa: S105 - the kind of token, not one",
            "# If the broker is away, events wait here.",
            "# Sorted, so that two consumers do not wait for each other.",
            "# return to sender: vtiger deletes it",
            "x = 'TODO'",
            "# fields of the record (spec 1.0)",
        ],
    )
    def test_sentences_are_not(self, source):
        assert left_behind(source) == []

    @pytest.mark.parametrize("name", ["utils", "helpers", "_util", "common", "helper_functions"])
    def test_empty_names_are_seen(self, name):
        assert BANNED.match(name)

    @pytest.mark.parametrize("name", ["communication", "filters", "helping", "utilisation"])
    def test_speaking_names_are_not(self, name):
        assert not BANNED.match(name)

    def test_sizes(self):
        records, other = modules("crmkit/records")[0], modules("gateway")[0]
        sizes = [too_long(module, n) for module in (records, other) for n in (300, 301, 400, 401)]
        assert sizes == [False, True, True, True, False, False, False, True]
