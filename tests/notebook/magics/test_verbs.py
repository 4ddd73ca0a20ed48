"""Lines of `%video`: every verb is read the same way, and its help comes from its entry."""

from __future__ import annotations

import pytest
from IPython.core.interactiveshell import InteractiveShell

from tests.notebook.cells import Run
from vidmagic.errors import InvalidRequest
from vidmagic.notebook.magics import help_text
from vidmagic.notebook.magics.flag_reader import Flag
from vidmagic.notebook.magics.magics import VideoMagics
from vidmagic.notebook.magics.registry import Verb, VerbLine
from vidmagic.notebook.magics.run_flags import RUN
from vidmagic.notebook.magics.tokens import split
from vidmagic.notebook.magics.verbs import VERBS
from vidmagic.sandbox import Sandbox

ANY = Verb("any", "SHOT [WORD…]", "for tests", lambda _, line: line, (
    Flag("--limit", help="at most so many", value="N"),
    Flag("--online", sets=True, help="ask"),
))  # fmt: skip
JOIN = Verb("join", "VIDEO…", "for tests", lambda _, line: line, (Flag("--out", value="FILE", required=True),))


def read(verb: Verb, line: str) -> VerbLine:
    """Return what *line* gives to *verb*."""
    arguments = verb.read(split(line))
    assert arguments is not None
    return arguments


@pytest.mark.parametrize(
    ("line", "words", "flags"),
    [
        ("kite", ("kite", ()), {}),
        ("kite a b", ("kite", ("a", "b")), {}),
        ('kite "a  b"', ("kite", ("a  b",)), {}),
        ("kite 'a --limit 3'", ("kite", ("a --limit 3",)), {}),
        ("kite --limit 3 a", ("kite", ("a",)), {"limit": "3"}),
        ("--limit=3 kite", ("kite", ()), {"limit": "3"}),
        ("--online kite", ("kite", ()), {"online": True}),
        ("kite --limit '3 4'", ("kite", ()), {"limit": "3 4"}),
        ("kite --limit -1", ("kite", ()), {"limit": "-1"}),
        (r"C:\new\kite.mp4", (r"C:\new\kite.mp4", ()), {}),
    ],
)
def test_a_good_line_is_read_as_typed(line: str, words: tuple[str, tuple[str, ...]], flags: dict[str, object]) -> None:
    """Quotes hold words together, blanks and all; a value stands after its flag or after an equals sign."""
    arguments = read(ANY, line)
    assert (arguments.word("SHOT"), arguments.words["WORD"]) == words
    assert arguments.flags == flags


def test_a_take_may_be_two_words() -> None:
    """`pond 2` is pond:2 where a verb takes videos; before a number of another meaning only two numbers are read so."""
    several = Verb("any", "VIDEO…", "for tests", lambda _, line: line)
    rating = Verb("any", "ID STARS [NOTE]", "for tests", lambda _, line: line)
    for verb, line, words in (
        (several, "pond 2 5 kite.mp4 a1b2c3d4", {"VIDEO": ("pond:2", "pond:5", "kite.mp4", "a1b2c3d4")}),
        (rating, "pond 2 4 wet", {"ID": ("pond:2",), "STARS": ("4",), "NOTE": ("wet",)}),
        (rating, "pond 4 wet", {"ID": ("pond",), "STARS": ("4",), "NOTE": ("wet",)}),
        (rating, "pond:2 4", {"ID": ("pond:2",), "STARS": ("4",), "NOTE": ()}),
    ):
        assert read(verb, line).words == words


@pytest.mark.parametrize(
    ("verb", "line", "message"),
    [
        (ANY, "", "%video any: SHOT is missing"),
        (ANY, "kite --limt 3", "no flag is called --limt (did you mean --limit?)"),
        (ANY, "kite --lim 3", "no flag is called --lim (did you mean --limit?)"),
        (ANY, "kite --rows 3", "no flag is called --rows; it has --limit and --online"),
        (ANY, "kite --limit 3 --limit 4", "--limit is given twice"),
        (ANY, "kite --limit", "--limit needs a value"),
        (ANY, "kite --limit --online", "--limit needs a value"),
        (ANY, "kite --online=yes", "--online takes no value"),
        (ANY, "kite -limit 3", "no flag is called -limit (did you mean --limit?)"),
        (JOIN, "kite", "--out FILE is needed"),
        (JOIN, "--out a.mp4", "VIDEO is missing"),
        (VERBS["pick"], "", "SHOT:N is missing"),
        (VERBS["takes"], "kite pond", "'pond' is too much"),
        (VERBS["cost"], "all of it", "'all', 'of' and 'it' are too much"),
    ],
)
def test_a_mistake_is_refused_with_the_verb_and_its_usage(verb: Verb, line: str, message: str) -> None:
    """An unknown, repeated or abbreviated flag and a missing or extra word raise one InvalidRequest."""
    with pytest.raises(InvalidRequest) as refused:
        verb.read(split(line))
    assert message in refused.value.message
    assert refused.value.message.startswith(f"%video {verb.name}: ")
    assert refused.value.hint == f"Usage: `%video {verb.usage}`"


def test_all_mistakes_come_in_one_message() -> None:
    """Three mistakes on one line are reported at once."""
    with pytest.raises(InvalidRequest) as refused:
        JOIN.read(split("--in a --out --out"))
    assert all(
        part in refused.value.message for part in ("--in", "--out needs a value", "--out is given twice", "VIDEO")
    )


def test_usage_shows_what_must_be_given() -> None:
    """What may be left out stands in brackets."""
    assert ANY.usage == "any SHOT [WORD…] [--limit N] [--online]"
    assert JOIN.usage == "join VIDEO… --out FILE"


# -- in IPython


def test_a_mistyped_verb_costs_nothing(run: Run, sandbox: Sandbox) -> None:
    """`%video modles` suggests what was meant; a prompt is not a command; nothing is sent."""
    with pytest.raises(InvalidRequest, match="did you mean models"):
        run("%video modles")
    with pytest.raises(InvalidRequest, match="Unknown command 'a'") as refused:
        run("%video a red kite over the sea")
    assert refused.value.hint == "For a prompt, begin the cell with %%video."
    with pytest.raises(InvalidRequest, match="Unknown command 'hailuo'") as refused:
        run("%video hailuo a red kite")
    assert refused.value.hint == "For a prompt, begin the cell with %%video hailuo."
    assert sandbox.ledger == []


@pytest.mark.parametrize("line", ["sk-CANARY0123456789", "show sk-CANARY0123456789 b c", "'sk-CANARY0123456789"])
def test_a_key_on_the_line_is_cut_in_the_message(run: Run, line: str) -> None:
    """A notebook stores its errors: what looks like a key is not in them."""
    with pytest.raises(InvalidRequest) as refused:
        run(f"%video {line}")
    assert "CANARY" not in "\n".join(refused.value.lines())


def test_jobs_are_filtered(run: Run) -> None:
    """`%video jobs` takes a state, a model, an age and a number of jobs, and refuses all else."""
    job = run("%%video hailuo\nA red kite")
    assert [listed.id for listed in run("%video jobs")] == [job.id]
    assert len(run("%video jobs --state done --model=hailuo --since 2h --limit 5")) == 1
    assert len(run("%video jobs --model sora")) == 0
    for line in ("done", "--state", "--limit -1", "--since yesterday", "--state dome", "-state done"):
        with pytest.raises(InvalidRequest):
            run(f"%video jobs {line}")


def test_history_keeps_the_blanks_between_quotes(run: Run) -> None:
    """`%video history "a  b"` looks for two blanks."""
    wide = run("%%video hailuo\nA red  kite")
    run("%%video hailuo\nA red kite")
    assert [record.id for record in run('%video history "red  kite"').records] == [wide.id]


def test_verbs_take_variables(run: Run) -> None:
    """A variable that holds a job or a video names it, for every verb that takes a job."""
    job = run("%%video hailuo --out kite\nA red kite")
    run("video = kite.video")
    assert run("%video show kite").id == job.id
    assert run("%video show video").id == job.id
    assert run("%video wait kite").id == job.id
    assert run("%video resume kite").id == job.id


# -- help


def test_help_is_written_from_the_entries(
    run: Run, shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    """`%video help`, `%video` and `%video?` list every verb; `%%video --help` and `%%video?` every flag."""
    run("%video help")
    page = capsys.readouterr().out
    for line in ("%video", "%video -h", "%video --help"):
        run(line)
        assert capsys.readouterr().out == page
    assert all(f"%video {verb.name}" in page and verb.help in page for verb in VERBS.values())
    assert VideoMagics.line.getdoc() in page
    run("%%video --help\nA red kite")
    page = capsys.readouterr().out
    assert all(flag.written in page and flag.help in page for flag in RUN.values())
    assert VideoMagics.cell.getdoc() in page
    for name, magic in (("%%video", VideoMagics.cell), ("%video", VideoMagics.line)):
        assert magic.getdoc() in shell.object_inspect_text(name)


def test_one_verb_has_a_page_too(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """`%video help jobs` and `%video jobs --help` show the usage and each flag, and list no jobs."""
    run("%video help jobs")
    page = capsys.readouterr().out
    assert run("%video jobs --help") is None
    assert capsys.readouterr().out == page
    assert page.startswith("%video jobs [--state STATE] [--model MODEL] [--since AGE] [--stars N]")
    with pytest.raises(InvalidRequest, match=r"No command or topic is called 'jbos' \(did you mean jobs\?\)"):
        run("%video help jbos")


def test_no_line_of_help_is_too_long() -> None:
    """A cell's output shows the pages without scrolling sideways."""
    pages = [
        help_text.of_line(VERBS.values()),
        help_text.of_cell(RUN.values()),
        *map(help_text.of_verb, VERBS.values()),
    ]
    assert max(len(line) for page in pages for line in page.splitlines()) <= 120
