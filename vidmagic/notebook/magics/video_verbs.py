"""The verbs of `%video` about models, takes and several videos: an entry for each, and the function that runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vidmagic.errors import InvalidRequest
from vidmagic.notebook.magics.flag_reader import Flag
from vidmagic.notebook.magics.job_verbs import RATED
from vidmagic.notebook.magics.registry import Verb, VerbLine, whole_number
from vidmagic.spec.takes import TAKES

if TYPE_CHECKING:
    from vidmagic.media.video import Video
    from vidmagic.notebook.context import NotebookContext
    from vidmagic.notebook.form.form import Form
    from vidmagic.notebook.slim.slim import Slimmed
    from vidmagic.notebook.views.compare import Comparison
    from vidmagic.notebook.views.export import ExportedFile
    from vidmagic.notebook.views.gallery import Gallery
    from vidmagic.notebook.views.history import History
    from vidmagic.notebook.views.improvement import Improvement
    from vidmagic.notebook.views.opened import Opened
    from vidmagic.notebook.views.table import View
    from vidmagic.notebook.views.takes import Takes


def _models(context: NotebookContext, line: VerbLine) -> View:
    from vidmagic.notebook.views.table import models_view

    return models_view(context.session, line.word("MODEL"), line.value("takes"))


def _form(context: NotebookContext, line: VerbLine) -> Form:
    from vidmagic.notebook.form.form import Form

    return Form(context.session, model=line.word("MODEL") or None)


def _takes(context: NotebookContext, line: VerbLine) -> Takes | View:
    from vidmagic.notebook.views.table import View
    from vidmagic.notebook.views.takes import Takes, shots_table

    shot = line.word("SHOT")
    return Takes.of(context.session, shot) if shot else View(shots_table(context.session))


def _pick(context: NotebookContext, line: VerbLine) -> Takes:
    from vidmagic.notebook.magics.video_args import take_named
    from vidmagic.notebook.views.takes import Takes

    shot, number = take_named(context, line.word("SHOT:N"))
    context.session.shots.pick(shot, number)
    return Takes.of(context.session, shot)


def _compare(context: NotebookContext, line: VerbLine) -> Comparison | View:
    if line.is_set("choices"):
        from vidmagic.notebook.views.table import View

        return View(context.session.choices.table())
    if not line.words["VIDEO"]:
        raise InvalidRequest("%video compare: VIDEO is missing", hint="Usage: `%video compare VIDEO…`")
    return _laid_out(context, line)


def _laid_out(context: NotebookContext, line: VerbLine) -> Comparison:
    from vidmagic.notebook.magics.video_args import sweep_named, videos_to_compare
    from vidmagic.notebook.views.compare import compare

    columns = whole_number(line.value("columns"), "--columns") if line.value("columns") else None
    words = line.words["VIDEO"]
    shown = videos_to_compare(context, words)
    return compare(
        shown,
        columns=columns,
        grid=line.value("grid"),
        sweep=sweep_named(context, words),
        choices=context.session.choices,
        blind=line.is_set("blind"),
    )


def _export(context: NotebookContext, line: VerbLine) -> Video | ExportedFile:
    from pathlib import Path

    from vidmagic.notebook.views.export import check_target, export
    from vidmagic.session.settings import notebook_folder

    path = notebook_folder() / Path(line.word("FILE")).expanduser()
    check_target(path, overwrite=line.is_set("force"))  # before jobs are waited for
    return export(
        _laid_out(context, line), path, context.front, context.session.display(), overwrite=line.is_set("force")
    )


def _reel(context: NotebookContext, line: VerbLine) -> Video:
    from pathlib import Path

    from vidmagic.notebook.magics.video_args import videos_named
    from vidmagic.notebook.views.reel import make_reel
    from vidmagic.session.settings import notebook_folder

    videos = videos_named(context, line.words["VIDEO"])
    path = notebook_folder() / Path(line.value("out")).expanduser()
    return make_reel(videos, path, context.front, context.session.display())


def _slim(_: NotebookContext, line: VerbLine) -> Slimmed:
    from pathlib import Path

    from vidmagic.notebook.slim.slim import slim
    from vidmagic.session.settings import notebook_folder

    return slim(notebook_folder() / Path(line.word("NOTEBOOK")).expanduser(), embed=line.is_set("embed"))


def _history(context: NotebookContext, line: VerbLine) -> History:
    from vidmagic.notebook.views.history import history

    limit = {"limit": whole_number(line.value("limit"), "--limit")} if "limit" in line.flags else {}
    return history(context.session, line.words["WORD"], **limit)


def _open(context: NotebookContext, line: VerbLine) -> Opened:
    from vidmagic.notebook.views.opened import opened

    return opened(context.session, line.word("FILE"), context.namespace)


def _gallery(context: NotebookContext, line: VerbLine) -> Gallery:
    from vidmagic.notebook.views.gallery import gallery

    page = whole_number(line.value("page"), "--page") if "page" in line.flags else 1
    filters = {name: str(value) for name, value in line.flags.items() if name != "page"}
    return gallery(context.session, line.words["WORD"], page=page, **filters)


def _camera(context: NotebookContext, line: VerbLine) -> View:
    from vidmagic.notebook.views.camera import moves_table
    from vidmagic.notebook.views.table import View

    return View(moves_table(context.session.catalog, line.word("MODEL")))


def _improve(context: NotebookContext, line: VerbLine) -> Improvement:
    from vidmagic.notebook.magics.improve import improve_line

    words = [*line.words["MODEL"], *line.words["PROMPT"]]
    again, sandbox = line.is_set("again"), line.is_set("sandbox")
    return improve_line(context, words, wish=line.value("wish"), sandbox=sandbox, again=again)


def _doctor(context: NotebookContext, line: VerbLine) -> View:
    from vidmagic.notebook.views.table import doctor_view

    return doctor_view(context.session, context.front.kind, online=line.is_set("online"))


_ARRANGEMENT = (
    Flag("--columns", help="how many stand side by side", value="N"),
    Flag("--grid", help="rows and columns with headings, as model×seed", value="ROWS×COLUMNS"),
)
VIDEO_VERBS = (
    Verb("takes", "[SHOT]", "the takes of a shot, with what changed; or the shots of this folder", _takes),
    Verb("pick", "SHOT:N", "choose the best take of a shot; --from SHOT then starts from it", _pick),
    Verb("compare", "[VIDEO…]", "videos side by side with one set of controls", _compare, (
        *_ARRANGEMENT,
        Flag("--blind", sets=True, help="shuffled, as A, B …, until one is chosen"),
        Flag("--choices", sets=True, help="what was chosen blind in this folder"),
    )),
    Verb("export", "VIDEO… FILE", "one .mp4 or .gif with labels, or an .html page", _export, (
        *_ARRANGEMENT,
        Flag("--force", sets=True, help="write over a file that exists"),
    )),
    Verb("reel", "VIDEO…", "join videos into one file beside the notebook", _reel, (
        Flag("--out", help="the new file, as reel.mp4", value="FILE", required=True),
    )),
    Verb("slim", "NOTEBOOK", "turn the videos that a saved notebook carries into links to their files", _slim, (
        Flag("--embed", sets=True, help="the other way: put the linked videos into it"),
    )),
    Verb("history", "[WORD…]", "prompts of all notebooks by words, notes and tags, as cells to run again", _history, (
        Flag("--limit", help="the largest number of jobs (20)", value="N"),
    )),
    Verb("gallery", "[WORD…]", "finished videos as pictures that play under the pointer, page by page", _gallery, (
        *RATED,
        Flag("--model", help="only videos of this model", value="MODEL"),
        Flag("--shot", help="only takes of this shot", value="SHOT"),
        Flag("--since", help="only newer videos: 30m, 2h, 3d, 1w or 2026-11-20", value="AGE", choices=("1d", "1w")),
        Flag("--limit", help="the largest number of videos (all)", value="N"),
        Flag("--page", help="which page (1)", value="N"),
    )),
    Verb("open", "FILE", "the cell that makes a video, from the recipe in its file", _open),
)  # fmt: skip
MODEL_VERBS = (
    Verb("models", "[MODEL]", "models, keys and prices; with MODEL its parameters", _models, (
        Flag("--takes", help="only models that take this", value="WHAT", choices=TAKES),
    )),
    Verb("form", "[MODEL]", "the same requests by hand, with the price as you choose", _form),
    Verb("improve", "[MODEL] [PROMPT…]", "a prompt, or a shot's, as a language model would write it", _improve, (
        Flag("--wish", help="what should change", value="TEXT"),
        Flag("--again", sets=True, help="ask anew, although this was asked before"),
        Flag("--sandbox", sets=True, help="rewrite it in the embedded sandbox, by rules, free of charge"),
    ), "improving"),
    Verb("camera", "[MODEL]", "the camera moves that a prompt may name in brackets", _camera),
)  # fmt: skip
HEALTH_VERBS = (
    Verb("doctor", "", "versions, keys set or not, journal, front end, jobs that expire soon", _doctor, (
        Flag("--online", sets=True, help="ask the services too, free of charge"),
    )),
)  # fmt: skip
