"""Tables of shots: a row is a video, a column a parameter; all is checked first, and running it again buys nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tests.patience import ended
from vidmagic.errors import InvalidRequest, TooExpensive
from vidmagic.notebook.views.jobs import Jobs
from vidmagic.sandbox import Sandbox
from vidmagic.session.run_options import RunOptions, take_options
from vidmagic.session.session import Session
from vidmagic.session.sweep.plan import SweepPlan, check_sweep, plan_sweep, start_sweep
from vidmagic.session.sweep.sweep import Sweep
from vidmagic.session.sweep.tables import read_table

HERE = Path()
ROWS = [{"prompt": "A red kite", "duration": 6}, {"prompt": "A blue kite", "duration": 10}]


def planned(session: Session, prompt: Any = "", model: str | None = "hailuo", **given: Any) -> SweepPlan:
    """Plan a table."""
    options = take_options("sweep", given)
    return plan_sweep(session, prompt, model, options, **given)


def made(session: Session, prompt: Any = "", model: str | None = "hailuo", **given: Any) -> Sweep:
    """Plan, check and start a table, and wait for its end."""
    plan = planned(session, prompt, model, **given)
    check_sweep(session, plan, RunOptions())
    jobs = start_sweep(session, plan)
    for job in jobs:
        ended(job)
    return jobs


def asked(plan: SweepPlan) -> list[tuple[str, Any]]:
    """Return the prompts and lengths of a plan."""
    return [(one.request.prompt, one.request.params.get("duration")) for one in plan.plans]


def written(name: str, text: str, encoding: str = "utf-8") -> str:
    """Write a file byte for byte."""
    Path(name).write_bytes(text.encode(encoding))
    return name


# -- reading


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("plain.csv", "prompt,duration\nA red kite,6\nA blue kite,10\n"),
        ("mark.csv", '\ufeffprompt,duration\r\n"A red kite",6\r\nA blue kite,10.0\r\n\r\n,\r\n'),
        ("order.csv", ' duration , prompt \n"6","A red kite"\n 10 ,A blue kite'),
        ("semicolons.csv", "prompt;duration\nA red kite;6\nA blue kite;10\n"),
        ("tabs.tsv", "prompt\tduration\nA red kite\t6\nA blue kite\t10\n"),
        ("lines.jsonl", '{"prompt": "A red kite", "duration": null}\n\n{"prompt": "A blue kite", "duration": 10.0}'),
        ("texts.ndjson", '{"prompt": "A red kite", "duration": "6"}\r\n{"prompt": "A blue kite", "duration": 10}\r\n'),
    ],
)  # fmt: skip
def test_one_table_in_many_files(session: Session, name: str, text: str) -> None:
    """Byte order mark, quotes, CRLF, blank lines, other separators and 10, 10.0 or "10" give the same requests."""
    assert asked(planned(session, table=written(name, text))) == [("A red kite", 6), ("A blue kite", 10)]


def test_what_quotes_keep(session: Session) -> None:
    """A quoted cell may hold commas, quotes and lines, and arrives character for character."""
    text = 'prompt\n"A kite, ""red""\nover the sea "\n'
    assert asked(planned(session, table=written("a.csv", text))) == [('A kite, "red"\nover the sea ', 6)]


def test_frames_and_lists(session: Session) -> None:
    """A DataFrame and a list of mappings are tables; a column with empty cells, which pandas makes floats, is whole."""
    frame = pd.DataFrame([*ROWS, {"prompt": "A kite"}])
    assert frame["duration"].dtype == np.float64
    expected = [("A red kite", 6), ("A blue kite", 10), ("A kite", 6)]
    assert asked(planned(session, frame)) == expected
    assert asked(planned(session, frame.astype({"duration": "Int64"}))) == expected
    assert asked(planned(session, frame.astype(object))) == expected
    assert asked(planned(session, [*ROWS, {"prompt": "A kite", "duration": None}])) == expected
    assert asked(planned(session, "", table=frame)) == expected


def test_values_of_other_types(session: Session) -> None:
    """A number where a text is wanted, and 1, 0, TRUE or a NumPy truth where a switch is."""
    rows = [{"resolution": 512, "duration": 4.0, "prompt": "A kite"}]
    [plan] = planned(session, rows, "vidu").plans
    assert (plan.request.params["resolution"], plan.request.params["duration"]) == ("512", 4)
    [plan] = planned(session, [{"watermark": np.True_, "prompt": "A kite"}], "seedance").plans
    assert plan.request.params["watermark"] is True
    text = "prompt,watermark\na,TRUE\nb,0\nc,1.0\n"
    plans = planned(session, table=written("flags.csv", text), model="seedance").plans
    assert [plan.request.params["watermark"] for plan in plans] == [True, False, True]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.txt", "prompt\na\n", "a.txt is not a table of shots: its name must end in .csv"),
        ("a.csv", "", "the table has no row"),
        ("a.csv", "prompt,duration\n", "the table has no row"),
        ("a.csv", "prompt\na,6\n", "row 1 of a.csv has 2 cells, and the header 1"),
        ("a.csv", "prompt,\na,6\n", "row 1: 6 stands in a column without a name"),
        ("a.csv", "prompt,prompt\na,b\n", "two columns are called prompt"),
        ("a.csv", 'prompt\n"a\n', "a.csv, line 2: unexpected end of data"),
        ("a.jsonl", '{"prompt": "a"}\n{"prompt": }\n', "a.jsonl, line 2 is not JSON"),
        ("a.jsonl", "[1]\n", "a.jsonl, line 1 is not an object in braces"),
    ],
)
def test_files_that_are_no_table(session: Session, name: str, text: str, message: str) -> None:
    """What cannot be read is refused, and the message says where."""
    with pytest.raises(InvalidRequest) as refused:
        planned(session, table=written(name, text))
    assert message in refused.value.message


def test_other_encodings_and_missing_files(session: Session) -> None:
    """A file that is not UTF-8 is not guessed at, and one that is not there is named as it was typed."""
    with pytest.raises(InvalidRequest, match="is not UTF-8: save it as"):
        planned(session, table=written("a.csv", "prompt\nä\n", "latin-1"))
    with pytest.raises(InvalidRequest, match=r"the file nothing\.csv does not exist; it is looked") as refused:
        planned(session, table="nothing.csv")
    assert str(Path.cwd()) not in refused.value.message
    with pytest.raises(InvalidRequest, match="or a DataFrame, not int"):
        read_table(7, HERE)


# -- rows


def test_the_prompt_takes_columns(session: Session) -> None:
    """`{{column}}` is replaced once, in the prompt beside the table and in that of a cell; a value is never read on."""
    rows = [{"colour": "red {{secret}}", "prompt": "A {{colour}} kite"}, {"colour": 7.0, "prompt": "A boat"}]
    assert [text for text, _ in asked(planned(session, rows))] == ["A red {{secret}} kite", "A boat"]
    both = planned(session, "{{prompt}}, {{at dawn|at dusk}}", table=rows)
    assert [text for text, _ in asked(both)] == [
        "A red {{secret}} kite, at dawn", "A red {{secret}} kite, at dusk", "A boat, at dawn", "A boat, at dusk",
    ]  # fmt: skip
    assert both.labels[0] == "row 1 · colour red {{secret}} · at dawn"


@pytest.mark.parametrize(
    ("rows", "given", "message"),
    [
        ([{"prompt": "a", "durration": 6}], {}, "column 'durration' is neither a parameter of hailuo nor"),
        ([{"prompt": "a", "duration": 6}], {"duration": 6}, "duration stands in the table and beside it"),
        ([{"prompt": "a"}], {"prompt": "b"}, "a prompt is given beside it: write {{prompt}} in that"),
        ([{"prompt": "a"}, {"duration": 6}], {}, "row 2 has no prompt"),
        ([{"x": "a"}, {"duration": 6}], {"prompt": "b {{x}}"}, "row 2: the prompt has {{x}}, and x is empty"),
        ([{"prompt": "a", "shot": "1 kite"}], {}, "row 1: '1 kite' cannot name a shot"),
        ([*ROWS, {"prompt": "b", "duration": 7}], {}, "row 3: duration must be 6 or 10 s, not 7"),
        ([{"prompt": str(n), "duration": 7} for n in range(3)], {}, "rows 1, 2 and 3: duration must be"),
        ([{"prompt": "a", "model": "hailoo"}], {"model": None}, "row 1: "),
        ([{"prompt": "a", "model": "hailuo", "seed": 1}, {"prompt": "a", "model": "seedance", "seed": 1}],
         {"model": None}, "row 1: hailuo has no seed"),
    ],
)  # fmt: skip
def test_all_rows_are_checked_first(
    session: Session, sandbox: Sandbox, rows: list[dict[str, Any]], given: dict[str, Any], message: str
) -> None:
    """A problem names its row, and of a table with one nothing is sent."""
    given = dict(given)
    with pytest.raises(InvalidRequest) as refused:
        planned(session, given.pop("prompt", ""), given.pop("model", "hailuo"), table=rows, **given)
    assert message in refused.value.message
    assert (sandbox.ledger, session.jobs()) == ([], [])


def test_models_shots_and_inputs_of_rows(session: Session) -> None:
    """A row may name its model, its shot and its files; the limit of cost is for all rows."""
    Image.new("RGB", (640, 400), "red").save("first.png")
    rows = [
        {"prompt": "A kite", "model": "hailuo", "shot": "kite"},
        {"prompt": "A boat", "model": "seedance", "seed": 3, "image": "first.png", "shot": "boat"},
        {"prompt": "A red kite", "model": "hailuo", "shot": "kite"},
    ]
    with pytest.raises(TooExpensive):
        check_sweep(session, planned(session, rows[::2], None), RunOptions(max_cost="3.99"))
    jobs = made(session, rows, None)
    assert [str(job.take) for job in jobs] == ["kite 1", "boat 1", "kite 2"]
    assert jobs[1].record.mode == "image"
    references = read_table(written("r.csv", "prompt,reference,reference\na,x.png,y.png\nb,,z.png\n"), HERE)
    assert [dict(row.values)["reference"] for row in references] == [["x.png", "y.png"], ["z.png"]]


def test_a_table_is_resumed(session: Session, sandbox: Sandbox) -> None:
    """The same table again, in another order or longer, buys only what is missing."""
    frame = pd.DataFrame(ROWS)
    jobs = made(session, frame)
    again = made(session, frame[::-1])
    assert [job.id for job in again] == [jobs[1].id, jobs[0].id]
    more = planned(session, [*ROWS, {"prompt": "A boat"}])
    assert (more.made, more.cost) == ((True, True, False), "¥2.00 (estimate)")
    assert sum(bool(call.accepted) for call in sandbox.ledger) == 2


def test_the_result_is_a_frame(session: Session) -> None:
    """Each job with its row, its cells, its state, its path and its rating."""
    jobs = made(session, "A {{colour}} kite", table=[{"colour": "red"}, {"colour": "[[sandbox: fail]] blue"}])
    frame = jobs.to_dataframe()
    assert frame[["row", "colour", "job", "state"]].to_numpy().tolist() == [
        [1, "red", jobs[0].id, "done"], [2, "[[sandbox: fail]] blue", jobs[1].id, "failed"],
    ]  # fmt: skip
    assert Path(frame["path"][0]).is_file()
    assert frame["rating"].isna().all()


def test_jobs_as_a_frame(session: Session) -> None:
    """`pd.DataFrame(jobs)` and `jobs.to_dataframe()` have a row a job; jobs stay a sequence."""
    job = ended(session.start("A kite", "hailuo", RunOptions(shot="kite")))
    jobs = Jobs.chosen(session)
    frame = pd.DataFrame(jobs)
    assert frame.loc[0, ["id", "state", "prompt"]].tolist() == [job.id, "done", "A kite"]
    whole = jobs.to_dataframe()
    assert whole.loc[0, ["job", "shot", "take", "duration", "path"]].tolist() == [job.id, "kite", 1, 6, job.path]
    assert json.loads(whole.drop(columns="started").to_json())["charged"] == {"0": "yes"}
    assert (len(jobs), jobs[0].id) == (1, job.id)
