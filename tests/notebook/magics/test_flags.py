"""The line of a cell is read exactly, or refused with one message that names every problem."""

from __future__ import annotations

import time

import pytest

from vidmagic.errors import InvalidRequest
from vidmagic.notebook.magics.flags import Line, parse
from vidmagic.notebook.magics.run_flags import RUN, flags_of
from vidmagic.providers.catalog import Catalog
from vidmagic.providers.contract import Service
from vidmagic.session.run_options import RunOptions
from vidmagic.spec.models import Mode, Model
from vidmagic.spec.params import Param

KEY = "sk-CANARY0123456789abcdef"


class Puppet:
    """A provider with a parameter of each kind and with every image role."""

    service = Service("test", "Test", "https://test.example", "TEST_API_KEY", "VIDMAGIC_TEST_URL")
    models = (
        Model(
            "test/puppet-1",
            "puppet",
            "Puppet",
            params=(
                Param("duration", int, "length", 4, (4, 8)),
                Param("seed", int, "seed", None),
                Param("motion", float, "motion", 0.5),
                Param("negative", str, "not wanted"),
                Param("aspect_ratio", str, "shape", "16:9", ("16:9", "9:16")),
                Param("watermark", bool, "mark", default=False),
            ),
            modes=(Mode("all", inputs={"image": (0, 1), "last_image": (0, 1), "reference": (0, 3)}),),
        ),
    )


@pytest.fixture(scope="module")
def catalog():
    """The installed models and the puppet."""
    with_puppet = Catalog()
    with_puppet.add(Puppet())
    return with_puppet


def read(line, catalog, default="puppet"):
    """Read *line* where *default* is the model for a line that names none."""
    return parse(line, catalog, lambda: catalog.find_model(default)[1])


def line(model=None, given=None, *, help=False, **options):  # noqa: A002  the field's name
    """Return what a line is read as, with its run options."""
    return Line(model, given or {}, RunOptions(**options), help=help)


GOOD = [
    ("", line()),
    ("   ", line()),
    ("puppet", line("puppet")),
    ("  puppet  ", line("puppet")),
    ("PUPPET", line("PUPPET")),
    ("test/puppet-1", line("test/puppet-1")),
    ("'puppet'", line("puppet")),
    ("hailuo --duration 6", line("hailuo", {"duration": "6"})),
    ("hailuo --duration=6", line("hailuo", {"duration": "6"})),
    ("--duration 6 hailuo", line("hailuo", {"duration": "6"})),
    ("--duration 8", line(None, {"duration": "8"})),
    ("puppet\t--seed\t1", line("puppet", {"seed": "1"})),
    ("puppet --seed 0", line("puppet", {"seed": "0"})),
    ("puppet --seed -1", line("puppet", {"seed": "-1"})),
    ("puppet --seed=-1", line("puppet", {"seed": "-1"})),
    ("puppet --motion -.5", line("puppet", {"motion": "-.5"})),
    ("puppet --motion -0.5", line("puppet", {"motion": "-0.5"})),
    ("puppet --seed banana", line("puppet", {"seed": "banana"})),
    ("puppet --aspect-ratio 16:9", line("puppet", {"aspect_ratio": "16:9"})),
    ('puppet --negative "blurry hands"', line("puppet", {"negative": "blurry hands"})),
    ("puppet --negative 'blurry hands'", line("puppet", {"negative": "blurry hands"})),
    ('puppet --negative="blurry hands"', line("puppet", {"negative": "blurry hands"})),
    ("puppet --negative='blurry  hands'", line("puppet", {"negative": "blurry  hands"})),
    ('puppet --negative "it\'s"', line("puppet", {"negative": "it's"})),
    ("puppet --negative it's", line("puppet", {"negative": "it's"})),
    ("puppet --negative '\"'", line("puppet", {"negative": '"'})),
    ("puppet --negative ''", line("puppet", {"negative": ""})),
    ('puppet --negative=""', line("puppet", {"negative": ""})),
    ("puppet --negative '--seed 1'", line("puppet", {"negative": "--seed 1"})),
    ("puppet --negative=-blurry", line("puppet", {"negative": "-blurry"})),
    ("puppet --negative=a=b", line("puppet", {"negative": "a=b"})),
    ("puppet --negative -", line("puppet", {"negative": "-"})),
    ("puppet --negative $5", line("puppet", {"negative": "$5"})),
    ("puppet --negative {1}", line("puppet", {"negative": "{1}"})),
    ("puppet --negative {{word}}", line("puppet", {"negative": "{{word}}"})),
    ('puppet --negative {{d["k"]}}', line("puppet", {"negative": '{{d["k"]}}'})),
    ("puppet --negative #1", line("puppet", {"negative": "#1"})),
    ("puppet --negative 模糊", line("puppet", {"negative": "模糊"})),
    (r"puppet --image C:\new\temp.png", line("puppet", {"image": r"C:\new\temp.png"})),
    (r'puppet --image "C:\new folder\t.png"', line("puppet", {"image": r"C:\new folder\t.png"})),
    ("puppet --image 'C:\\folder\\'", line("puppet", {"image": "C:\\folder\\"})),
    ("puppet --image https://x.com/a?b=c&d=e", line("puppet", {"image": "https://x.com/a?b=c&d=e"})),
    ("puppet --image a.png --last-image b.png", line("puppet", {"image": "a.png", "last_image": "b.png"})),
    ("puppet --reference a", line("puppet", {"reference": ["a"]})),
    ("puppet --reference a --reference=b", line("puppet", {"reference": ["a", "b"]})),
    ("puppet --watermark", line("puppet", {"watermark": True})),
    ("puppet --no-watermark", line("puppet", {"watermark": False})),
    ("--watermark puppet", line("puppet", {"watermark": True})),
    ("--out kite", line(out="kite")),
    ("-o kite", line(out="kite")),
    ("-o=kite", line(out="kite")),
    ("-o 风筝", line(out="风筝")),
    ("--wait", line(wait="always")),
    ("-w", line(wait="always")),
    ("--background", line(wait="never")),
    ("-b", line(wait="never")),
    ("-a -n", line(again=True, dry_run=True)),
    ("--again --dry-run --raw --sandbox", line(again=True, dry_run=True, raw=True, sandbox=True)),
    ("--take 2", line(take=2)),
    ("--max-cost 2CNY", line(max_cost="2CNY")),
    ("--max-cost '2 CNY'", line(max_cost="2 CNY")),
    ("--max-cost 0", line(max_cost="0")),
    ("--embed", line(embed=True)),
    ("--no-embed", line(embed=False)),
    ("-q -o x", line(quiet=True, out="x")),
    ("--help", line(help=True)),
    ("hailuo -h", line("hailuo", help=True)),
    ("--help --nonsense -w -b", line(help=True)),
]

BAD = [
    ("pupet", "did you mean puppet?"),
    ("a red kite", "the prompt goes into the cell's body"),
    ("puppet a red kite --seed 1", "not 'puppet a red kite'"),
    ("--durration 4", "no flag is called --durration (did you mean --duration?)"),
    ("--dur 4", "no flag is called --dur (did you mean --duration?)"),
    ("--s 4", "did you mean --seed"),
    ("--aspect_ratio 16:9", "did you mean --aspect-ratio?"),
    ("--Seed 1", "did you mean --seed?"),
    ("—seed 1", "no flag is called —seed (did you mean --seed?)"),
    ("-x", "no flag is called -x; puppet has --duration, --seed"),
    ("-wa", "no flag is called -wa"),
    ("-okite", "no flag is called -okite"),
    ("--no-seed", "no flag is called --no-seed"),
    ("--no-wait", "no flag is called --no-wait"),
    ("--", "no flag is called --;"),
    ("hailuo --model sora", "the model is given twice"),
    ("--prompt kite", "the prompt goes into the cell's body"),
    ("hailuo --seed 1", "hailuo has no --seed; it has --duration, --resolution,"),
    ("hailuo --last-image a.png", "hailuo has no --last-image"),
    ("hailuo --watermark", "hailuo has no --watermark"),
    ("--duration 4 --duration 8", "--duration is given twice"),
    ("--duration 4 --duration=4", "--duration is given twice"),
    ("--image a --image b", "--image is given twice"),
    ("--watermark --watermark", "--watermark is given twice"),
    ("--watermark --no-watermark", "--watermark and --no-watermark exclude each other"),
    ("-w -b", "-w and -b exclude each other"),
    ("--wait -w", "-w is given twice"),
    ("--embed --no-embed", "--embed and --no-embed exclude each other"),
    ("--duration", "--duration needs a value"),
    ("--duration=", "--duration needs a value"),
    ("--duration= 4", "--duration needs a value"),
    ("--negative --seed 1", "--negative needs a value"),
    ("--negative -blurry", "(one that begins with a dash: --negative=-…)"),
    ("-o", "-o needs a value"),
    ("--watermark=yes", "--watermark takes no value"),
    ("--wait=1", "--wait takes no value"),
    ("--negative 'blurry", "a quote is not closed"),
    ('--negative "blurry hands --seed 1', "a quote is not closed"),
    ("--negative='blurry", "a quote is not closed"),
    ("--negative 'a'b", "touches a closing one"),
    ("--out 2x", "--out '2x' cannot be the name of a variable"),
    ("--out class", "--out 'class' cannot be the name of a variable"),
    ("--out a.b", "cannot be the name of a variable"),
    ("--out ''", "--out '' cannot be the name of a variable"),
    ("--quiet", "--quiet needs --out NAME"),
    ("--take 0", "take must be a whole number from 1, not '0'"),
    ("--take two", "take must be a whole number from 1, not 'two'"),
    ("--take", "--take needs a value"),
    ("--take 2 -a", "take and again exclude each other"),
    ("--max-cost lots", "--max-cost 'lots' is not an amount"),
    ("--max-cost -2", "--max-cost '-2' is not an amount"),
    ("--max-cost ''", "--max-cost '' is not an amount"),
]


@pytest.mark.parametrize(("line", "meant"), GOOD, ids=[line for line, _ in GOOD])
def test_a_good_line_is_read_as_typed(line, meant, catalog):
    """Each value arrives as it was typed, under the name of its parameter, and nothing else is set."""
    assert read(line, catalog) == meant


@pytest.mark.parametrize(("line", "message"), BAD, ids=[line for line, _ in BAD])
def test_a_bad_line_is_refused_with_the_reason(line, message, catalog):
    """A line with a mistake raises InvalidRequest, and the message names the mistake and how to fix it."""
    with pytest.raises(InvalidRequest) as refused:
        read(line, catalog)
    assert message in refused.value.message
    assert refused.value.charged == "no"


def test_all_problems_come_in_one_message(catalog):
    """One message names five mistakes on one line."""
    with pytest.raises(InvalidRequest) as refused:
        read("pupet --sead 1 --duration -w -b --out 1", catalog)
    for part in ("'pupet'", "--sead", "--duration needs", "exclude each other", "--out '1'"):
        assert part in refused.value.message


def test_an_unknown_flag_does_not_swallow_the_model(catalog):
    """After a misspelt flag without a value the model is still the model, so no second problem is invented."""
    with pytest.raises(InvalidRequest) as refused:
        read("--agian hailuo --duration 6", catalog)
    assert refused.value.message == "no flag is called --agian (did you mean --again?)"


@pytest.mark.parametrize(
    "line",
    [
        KEY,
        f"--api-key {KEY}",
        f"--api-key={KEY}",
        f"--{KEY}",
        f"puppet {KEY}",
        f"'{KEY}",
        f"--nope '{KEY}' x y",
        "vda_CANARY0123456789",
        "CANARY0123456789CANARY0123456789",
        f"--key {KEY} {KEY}",
    ],
)
def test_a_key_on_the_line_is_not_repeated(line, catalog):
    """A text that looks like a key is cut in the message, because the notebook stores the message."""
    with pytest.raises(InvalidRequest) as refused:
        read(line, catalog)
    assert "CANARY" not in "\n".join(refused.value.lines())


def test_the_default_model_is_asked_for_only_without_a_model(catalog):
    """A line that names its model does not look for keys to find another one."""
    with pytest.raises(ZeroDivisionError):
        parse("--seed 1", catalog, lambda: 1 / 0)
    assert parse("puppet --seed 1", catalog, lambda: 1 / 0).given == {"seed": "1"}


def test_an_unknown_default_model_is_one_more_problem(catalog):
    """A wrong `model` setting is one more problem in the message."""
    with pytest.raises(InvalidRequest) as refused:
        read("--seed 1 --seed 2", catalog, default="gone")
    assert "no model is called 'gone'" in refused.value.message
    assert "--seed is given twice" in refused.value.message


def test_every_parameter_of_every_model_has_its_flag(catalog):
    """Each model's parameters and image roles are read by the flag of their name."""
    for model in catalog:
        for written, flag in flags_of(model).items():
            if written in RUN:
                continue
            line = read(f"{model.short} {written}" + ("" if flag.sets is not None else " 1"), catalog)
            value = "1" if flag.sets is None else flag.sets
            assert line.given == {flag.name: [value] if flag.repeats else value}


def test_short_forms_are_those_of_the_contract():
    """Six run flags and help have a short form."""
    shorts = {flag.short: flag.written for flag in RUN.values() if flag.short}
    assert shorts == {
        "-o": "--out", "-w": "--wait", "-b": "--background", "-a": "--again", "-n": "--dry-run", "-q": "--quiet",
        "-h": "--help",
    }  # fmt: skip


def test_a_long_line_is_read_quickly(catalog):
    """Ten thousand quotes and dashes are read in linear time."""
    started = time.process_time()
    for line in ("'" * 20_001, '"a' * 10_000, "-" * 20_000, "--x='" * 5_000):
        with pytest.raises(InvalidRequest):
            read(line, catalog)
    assert time.process_time() - started < 2
