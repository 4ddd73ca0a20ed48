"""Lists are text in a terminal and a table in a notebook; text from outside stays text in both."""

from __future__ import annotations

import dataclasses

import pytest

from tests.skeleton import PAYLOADS, skeleton, tags, text
from vidmagic.engine.journal.record import Record
from vidmagic.errors import InvalidRequest
from vidmagic.notebook.views.table import View, doctor_view, models_view, table
from vidmagic.session.reports.job_table import LONGEST, job_table
from vidmagic.session.reports.model_tables import parameter_table
from vidmagic.session.reports.table import Table
from vidmagic.spec.models import Mode, Model
from vidmagic.spec.params import Param


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_cell_adds_no_tag(payload):
    """The text of a cell, a column, a title or a note adds no tag to the table."""
    harmless = skeleton(html(Table(("a",), (("b",),), "c", ("d",))))
    assert skeleton(html(Table((payload,), ((payload,),), payload, (payload,)))) == harmless


def html(shown):
    """Return the HTML of a table's view."""
    return View(shown)._repr_mimebundle_()["text/html"]


def test_a_table_has_its_rows_under_its_columns():
    """Each row is a row, each column has a head, in order."""
    assert text(table([(1, "x"), (2, "y")], ("n", "s"))) == "ns1x2y"
    assert [tag for tag, _ in tags(table([("x",)], ("s",)))] == ["table", "thead", "tr", "th", "tbody", "tr", "td"]


def test_text_is_aligned_also_in_chinese():
    """Columns begin at the same place of a terminal, where a Chinese character takes two places."""
    shown = str(Table(("a", "b"), (("风筝", "x"), ("kite", "y"), ("\x1b[31mred", "z")), "title", ("a note",)))
    assert shown == "title\na     b\n风筝  x\nkite  y\nred   z\na note"


def test_models_show_their_parameters(session):
    """Every model is listed; one model shows each parameter as a flag with its values and default."""
    shown = models_view(session).table
    assert [row[2] for row in shown.rows] == [model.id for model in session.catalog.offered()]
    assert all(row[-1] == "set" for row in shown.rows)
    one = models_view(session, "hailuo")
    assert ("--duration", "6 or 10 s", "6", "length of the video") in one.table.rows
    assert "resolution with duration only 1080P with 6; 768P with 10; 768P with 6" in repr(one)
    with pytest.raises(InvalidRequest):
        models_view(session, "hailo")


def test_models_stand_by_service(session):
    """A service is named at its first model; what nobody makes any more stands last, with its date."""
    rows = models_view(session).table.rows
    services = [row[0] for row in rows if row[0]]
    assert services == list(dict.fromkeys(services))
    assert services[0] == "DMXAPI"
    assert rows[-1][:3] == ("apiyi", "sora", "apiyi/sora_video2")
    assert rows[-1][3] == "text, image; retired on 2026-09-24"


def test_models_that_take_something(session):
    """`--takes` leaves the models that take it; a person's own price stands where it counts."""
    session.settings.prices = "viduq2=3CNY"
    rows = {row[1]: row for row in models_view(session, takes="references").table.rows}
    assert "vidu" in rows
    assert not {"viduq2", "sora"} & rows.keys()
    rows = {row[1]: row for row in models_view(session, takes="last-image").table.rows}
    assert (rows["viduq2"][3], rows["viduq2"][4]) == ("image, first + last", "¥3.00, your price")
    with pytest.raises(InvalidRequest, match="did you mean video"):
        models_view(session, takes="vidoe")


def test_modes_and_required_parameters_are_shown():
    """Differences between the modes stand in the notes; a model may have no price."""
    model = Model(
        "a/b", "b", "B",
        params=(Param("take", str, "which", required=True), Param("x", bool, "mark", default=False)),
        modes=(Mode("up", inputs={"image": (1, 1), "reference": (0, 3)}, without=frozenset({"x"})),),
    )  # fmt: skip
    shown = str(parameter_table(model))
    assert "--x / --no-x" in shown
    assert "up mode (image [+ reference ×1-3]): no x" in shown


def test_a_job_shows_its_file_or_its_reason():
    """A job without a video shows why, on one line and cut."""
    record = Record("abc", "a/b", "x\ny" * 60, {}, "", state="failed", error={"message": "no\n" * 60})
    row = job_table([record, dataclasses.replace(record, state="done", error=None, path="a  b.mp4")]).rows
    assert row[0][-1].startswith("no no")
    assert max(map(len, row[0])) <= LONGEST
    assert row[1][-1] == "missing: a  b.mp4"


def test_the_doctor_is_shown_in_a_notebook_too(session):
    """`%video doctor` shows the same findings, with the front end it was called from."""
    assert ("front end", "", "JupyterLab") in doctor_view(session, "JupyterLab").table.rows
