"""The Python functions of the package: each one a thin layer over the shared session."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from vidmagic.errors import InvalidRequest
from vidmagic.media.video import Video
from vidmagic.session.option_signature import takes_run_options
from vidmagic.session.run_options import DEFAULTS, RunOptions

if TYPE_CHECKING:
    from vidmagic.engine.job import Job
    from vidmagic.notebook.form.form import Form
    from vidmagic.notebook.views.compare import Comparison
    from vidmagic.notebook.views.export import ExportedFile
    from vidmagic.notebook.views.gallery import Gallery
    from vidmagic.notebook.views.history import History
    from vidmagic.notebook.views.improvement import Improvement
    from vidmagic.notebook.views.jobs import Jobs
    from vidmagic.notebook.views.opened import Opened
    from vidmagic.notebook.views.table import Models, View
    from vidmagic.notebook.views.takes import Takes
    from vidmagic.providers.contract import Provider
    from vidmagic.session.session import Session
    from vidmagic.session.settings import Settings
    from vidmagic.session.sweep.sweep import Sweep


@takes_run_options("generate")
def generate(prompt: str, model: str | None = None, *, options: RunOptions = DEFAULTS, **params: Any) -> Video:
    """Make a video and wait for it.

    The same request again returns the existing video, free of charge.

    Arguments:
        prompt (str): what the video shows.
        model (str): a short name or an id, as `vidmagic.models()` lists them. Default: the configured model, else the
            first one whose key is set, else the sandbox.
        **options
        **params: the model's parameters, for instance `duration` in seconds, and its inputs: `image` (first frame),
            `last_image`, `reference`, `video`, `reference_video`, `reference_audio`. An image is a path, a link, bytes,
            a PIL image or an array of height × width × 3 uint8; a video or audio is a path, a link or bytes, and a
            video may be a finished job: a `Video`, a `Job` (waited for), its id or a shot. References may be lists.
            `%video models NAME` lists what a model takes.

    Returns:
        The video; its file is on disk.

    Raises:
        InvalidRequest: the request is refused here, with every problem named; nothing was sent.
        TooExpensive: the estimate is above `max_cost`, or unknown; nothing was sent.
        MissingKey: the key of the service is not set; nothing was sent.
        VidmagicError: the job ended without a video; `.charged` and `.job_id` say what became of it.
    """
    return _wait(start(prompt, model, options=options, **params))


@takes_run_options("generate")
def start(prompt: str, model: str | None = None, *, options: RunOptions = DEFAULTS, **params: Any) -> Job:
    """Start a video and return its job at once.

    The same request again returns the existing job, free of charge.

    Arguments:
        prompt (str): what the video shows.
        model (str): a short name or an id; default as for `generate`.
        **options
        **params: the model's parameters and inputs, as for `generate`.

    Returns:
        The job; `job.result()` or `await job` waits for its video.

    Raises:
        InvalidRequest: the request is refused here, with every problem named; nothing was sent.
        TooExpensive: the estimate is above `max_cost`, or unknown; nothing was sent.
        MissingKey: the key of the service is not set; nothing was sent.
    """
    return _session().start(prompt, model, options, **params)


@takes_run_options("sweep")
def sweep(
    prompt: object,
    model: str | Sequence[str] | None = None,
    *,
    options: RunOptions = DEFAULTS,
    **params: Any,
) -> Sweep:
    """Start a video for every combination of the values that are lists, and return their jobs at once.

    All are checked and priced before the first is sent. The same sweep again makes only what is missing.

    Arguments:
        prompt (str, list of str or table): `{{red|blue}}` in a single prompt is several values too, `{{@light.txt}}`
            the lines of a file. A table (a DataFrame, or a list of mappings) has a row a video and a column a
            parameter, also `prompt`, `model`, `shot` and inputs; an empty cell is not given. With `table=` a prompt can
            stand beside the table, with `{{column}}` for a cell.
        model (str or list of str): as for `generate`.
        **options
        **params: the parameters and inputs, as for `generate`; a list is several values.

    Returns:
        The jobs as a sequence; `sweep.result()` or `await sweep` waits for all videos, `sweep.to_dataframe()` is a
            table of jobs, states, paths and ratings.

    Raises:
        InvalidRequest: a combination is refused, or the sweep is large and `yes` is not set; nothing was sent.
        TooExpensive: the sum of the estimates is above `max_cost`, or unknown; nothing was sent.
        MissingKey: the key of a service is not set; nothing was sent.
    """
    from vidmagic.session.sweep.plan import check_sweep, plan_sweep, start_sweep

    session = _session()
    plan = plan_sweep(session, prompt, model, options, **params)
    check_sweep(session, plan, options)
    return start_sweep(session, plan, options)


def improve(
    prompt: str | Job | Video,
    model: str | None = None,
    *,
    wish: str = "",
    sandbox: bool = False,
    again: bool = False,
) -> Improvement:
    """Let a language model rewrite a prompt for a video model; no video is started.

    One request is sent: to VIDMAGIC_CHAT_URL, else to the gateway whose key is set, else to the sandbox. It holds the
    prompt, the wish and facts of the model, and is never repeated by itself.

    Arguments:
        prompt (str, Job or Video): the prompt, or a video whose prompt it is.
        model (str): the video model that it is for; default: that of the video, else as for `generate`.
        wish (str): what should change, for instance "more wind".
        sandbox (bool): rewrite it in the embedded sandbox, by rules, free of charge.
        again (bool): ask anew, although the same was asked before in this kernel.

    Returns:
        The improvement: `.old`, `.new`, `.difference`, `.price` (tokens as reported), `.problems` and `.cell`, the cell
        to run. It shows itself as the value of a cell.

    Raises:
        InvalidRequest: the prompt or the endpoint cannot be used; nothing was sent.
        MissingKey: VIDMAGIC_CHAT_URL needs a key; nothing was sent.
        NotImproved: the answer is not a prompt that can be used; `.text` is what was written.
        VidmagicError: there was no answer; `.charged` says whether it may have cost something.
    """
    from vidmagic.notebook.surfaces.frontend import front_end
    from vidmagic.notebook.views.improve import improve as improve_prompt

    session = _session()
    subject = prompt if isinstance(prompt, str) else session.resolver.job(prompt).record
    return improve_prompt(session, front_end(), subject, model, wish=wish, sandbox=sandbox, again=again)


@takes_run_options("form")
def form(*, model: str | None = None, prompt: str = "", options: RunOptions = DEFAULTS, **params: Any) -> Form:
    """Return a form for one video, filled with what is given; nothing is sent before its button is pressed.

    Arguments:
        model (str): a short name or an id; default as for `generate`.
        prompt (str): the text in the prompt's field.
        **options
        **params: values of the model's parameters and inputs, as for `generate`.

    Returns:
        The form; it shows itself as the value of a cell.

    Raises:
        InvalidRequest: no such model, or it does not take a parameter or a value.
    """
    from vidmagic.notebook.form.form import Form

    return Form(_session(), model=model, prompt=prompt, options=options, **params)


@takes_run_options("upscale")
def upscale(video_or_job: Video | Job | str, *, options: RunOptions = DEFAULTS) -> Job:
    """Start a larger version of a finished Vidu video, which is a paid job of its own.

    Arguments:
        video_or_job (Video, Job or str): the video, its job, a shot's name, or the job's id, which may be shortened
            while it stays unique.
        **options

    Returns:
        The new job.

    Raises:
        InvalidRequest: only a finished video of Vidu can be upscaled; nothing was sent.
        TooExpensive: the estimate is above `max_cost`, or unknown; nothing was sent.
        MissingKey: the key of the service is not set; nothing was sent.
        NoSuchJob: no job, or more than one, has this id.
    """
    session = _session()
    return session.upscale(session.resolver.job(video_or_job).id, options)


def shot(name: str) -> Takes:
    """Return the takes of a shot, the first one first; shots belong to the folder of the notebook.

    Arguments:
        name (str): the name of the shot, as given by `--shot` or `shot=`.

    Returns:
        The takes as a sequence of jobs; `.picked` is the picked take or None, `.latest` the newest one.

    Raises:
        NoSuchJob: the shot has no take.
    """
    from vidmagic.notebook.views.takes import Takes

    return Takes.of(_session(), name)


def jobs(
    *,
    state: str | None = None,
    model: str | None = None,
    since: str | None = None,
    shot: str | None = None,
    words: str | Sequence[str] = (),
    stars: int | str | None = None,
    tag: str | None = None,
    limit: int = 50,
) -> Jobs:
    """Return the jobs of the journal; unknown and paused ones come first, then the newest.

    Arguments:
        state (str): only jobs in this state, for instance "done" or "unknown".
        model (str): only jobs of this model, a short name or an id.
        since (str): only jobs that are not older: an age as "30m", "2h", "3d", "1w", or a day as "2026-11-20".
        shot (str): only the takes of this shot.
        words (str or list of str): only jobs whose prompts hold all these words; in a list a word may be a phrase.
        stars (int or str): only jobs with so many stars, 1 to 5, or more; "none" for those that are not rated.
        tag (str): only jobs with this tag.
        limit (int): the largest number of jobs.

    Returns:
        The jobs as a sequence that shows itself as a table.

    Raises:
        InvalidRequest: no such state or model, or *since*, *stars*, *tag* or *limit* cannot be read.
        NoSuchJob: the shot has no take.
    """
    from vidmagic.notebook.views.jobs import Jobs

    texts = words.split() if isinstance(words, str) else words
    filters = {"state": state, "model": model, "since": since, "stars": stars, "tag": tag}
    given = {name: str(value) for name, value in filters.items() if value not in {None, ""}}
    return Jobs.chosen(_session(), shot=shot or "", words=texts, limit=str(limit), **given)


def history(*words: str, limit: int = 20) -> History:
    """Return jobs of all notebooks by the words of their prompts, each with the cell that asks for it again.

    Arguments:
        *words (str): what the prompts hold, all of it; a word may be a phrase. None: every job.
        limit (int): the largest number of jobs.

    Returns:
        The jobs, newest first: `.records` and `.cells`; it shows itself as the value of a cell.
    """
    from vidmagic.notebook.views.history import history as search_history

    return search_history(_session(), words, limit=limit)


def gallery(
    *words: str,
    stars: int | str | None = None,
    model: str | None = None,
    shot: str | None = None,
    tag: str | None = None,
    since: str | None = None,
    limit: int | None = None,
    page: int = 1,
) -> Gallery:
    """Return a page of the finished videos of all notebooks, newest first, as pictures.

    Arguments:
        *words (str): what the prompts, notes or tags hold, all of it.
        stars (int or str): only videos with so many stars, 1 to 5, or more; "none" for those that are not rated.
        model (str): only videos of this model, a short name or an id.
        shot (str): only the takes of this shot.
        tag (str): only videos with this tag.
        since (str): only videos that are not older, as for `jobs`.
        limit (int): the largest number of videos; default: all.
        page (int): which page, counted from 1.

    Returns:
        The page: `.jobs`, `.total`, `.pages`, and `.page(2)` for another one; it shows itself as the value of a cell.

    Raises:
        InvalidRequest: no such model or page, or a filter cannot be read.
        NoSuchJob: the shot has no take.
    """
    from vidmagic.notebook.views.gallery import gallery as open_gallery

    filters = {"stars": stars, "model": model, "shot": shot, "tag": tag, "since": since, "limit": limit}
    given = {name: str(value) for name, value in filters.items() if value not in {None, ""}}
    return open_gallery(_session(), words, page=page, **given)


def cost() -> View:
    """Return what was spent: estimates, bills and credits by day, service and model, and their sums.

    Returns:
        A table that shows itself as the value of a cell; `.rows` holds its texts and `.columns` their names. Sandbox
        jobs and refused requests are left out.
    """
    from vidmagic.engine.journal.figures import spent
    from vidmagic.notebook.views.table import View
    from vidmagic.session.reports.cost import cost as table_of

    return View(table_of(spent(_session().store)))


def open(path: str | os.PathLike[str]) -> Opened:  # noqa: A001  gzip and PIL call theirs so too
    """Return the cell that makes a video: by the recipe in its file, or by the journal, which knows its checksum.

    Arguments:
        path (path): the file; or the name of a shot, a take or a job.

    Returns:
        What made it: `.cell`, `.model`, `.prompt`, `.params`, `.seed`, `.shot`, `.take`, `.job_id`; `.notes` name
        what the file does not hold. It shows itself as the value of a cell. Nothing is sent.

    Raises:
        InvalidRequest: the file does not exist, or nothing is known of it: it has no recipe, and no job made it.
        NoSuchJob: no shot, job or file has this name.
    """
    from vidmagic.notebook.views.opened import opened

    return opened(_session(), path)


def resume(job_id: str) -> Job:
    """Resume a job by its id, without paying again.

    Arguments:
        job_id (str): the id, which may be shortened to four characters while it stays unique; or a take as "pond:2".

    Returns:
        The job: followed if it is not over, else as it ended.

    Raises:
        NoSuchJob: no job, or more than one, has this id.
    """
    session = _session()
    return session.resume(session.resolver.job(job_id).id)


def models(*, takes: str | None = None) -> Models:
    """Return all models, each with its parameters, limits and prices; retired ones come last.

    Arguments:
        takes (str): only models that take this: "text", "image", "first-last", "references", "video" or "audio".

    Returns:
        The models as a list that shows itself as a table.

    Raises:
        InvalidRequest: nothing is called *takes*.
    """
    from vidmagic.notebook.views.table import Models, models_view
    from vidmagic.spec.takes import takes as takes_it

    session = _session()
    chosen = [model for model in session.catalog.ordered() if takes is None or takes_it(model, takes)]
    return Models(chosen, models_view(session, takes=takes or ""))


def add_provider(provider: Provider) -> None:
    """Add a provider for this process; an installed plug-in comes through the entry points instead.

    Arguments:
        provider (Provider): an object that follows the protocol `vidmagic.providers.contract.Provider`.

    Raises:
        InvalidRequest: the provider is not usable, or the name of one of its models is taken.
    """
    catalog = _session().catalog
    name = type(provider).__name__
    catalog.broken.pop(name, None)
    catalog.add(provider, name)
    if name in catalog.broken:
        raise InvalidRequest(f"{name}: {catalog.broken.pop(name)}")


def compare(*videos: object, columns: int | None = None, grid: str = "", blind: bool = False) -> Comparison:
    """Show videos side by side with their differences and one set of controls for all.

    Arguments:
        *videos (Video, Job, path or str): each a video, a job (which is waited for), a file, a shot's name or a job
            id, or a sequence of these, as a sweep is.
        columns (int): how many videos stand in a row; default: by their number.
        grid (str): the factors that are rows and columns, as "model×seed": `model`, a parameter, `shot`, or `words`,
            in which the prompts differ; default: those of a sweep that has some.
        blind (bool): shuffle the videos and call them A, B … until `comparison.choose("A")` or a button below a video.

    Returns:
        The comparison; it shows itself as the value of a cell.

    Raises:
        InvalidRequest: something is none of these, or no factor is called so.
        NoSuchJob: no shot, job or file has this name.
    """
    return _laid_out(videos, columns=columns, grid=grid, blind=blind)


def export(
    *videos: object, path: str | os.PathLike[str], columns: int | None = None, grid: str = "", force: bool = False
) -> Video | ExportedFile:
    """Write videos, side by side or in rows and columns, to one file; the videos stay as they are.

    Arguments:
        *videos (Video, Job, path or str): as for `compare`.
        path (path): the file to write. An .mp4 has the labels in the picture, at most 1920 × 1080 pixels and 30 frames
            a second, no sound, and the length of the longest video; a .gif at most 800 pixels a side, 10 frames a
            second and 150 frames; an .html page carries the videos and their controls and needs no network.
        columns (int): how many videos stand in a row; default: by their number.
        grid (str): rows and columns, as for `compare`.
        force (bool): write over a file that exists.

    Returns:
        The video, or the path of the page or picture.

    Raises:
        InvalidRequest: something is not a video, too many are given, or *path* cannot be written or exists.
        NoSuchJob: no shot, job or file has this name.
    """
    from pathlib import Path

    from vidmagic.notebook.surfaces.frontend import front_end
    from vidmagic.notebook.views.export import check_target
    from vidmagic.notebook.views.export import export as write

    check_target(Path(path), overwrite=force)
    comparison = _laid_out(videos, columns=columns, grid=grid)
    return write(comparison, path, front_end(), _session().display(), overwrite=force)


def _laid_out(videos: Sequence[object], *, columns: int | None, grid: str, blind: bool = False) -> Comparison:
    from vidmagic.notebook.views.compare import compare as lay_out
    from vidmagic.session.sweep.sweep import Sweep

    sweep = videos[0] if len(videos) == 1 and isinstance(videos[0], Sweep) else None
    session = _session()
    shown = session.resolver.videos(videos)
    return lay_out(shown, columns=columns, grid=grid, sweep=sweep, choices=session.choices, blind=blind)


def reel(videos: Iterable[object], path: str | os.PathLike[str]) -> Video:
    """Join videos into a new MP4. No other file is ever overwritten.

    Arguments:
        videos (iterable): the videos in their order, each given as for `compare`.
        path (path): the file to write.

    Returns:
        The joined video.

    Raises:
        InvalidRequest: something is not a video, or *path* cannot be written.
        NoSuchJob: no shot, job or file has this name.
    """
    from vidmagic.notebook.surfaces.frontend import front_end
    from vidmagic.notebook.views.reel import make_reel

    session = _session()
    return make_reel(session.resolver.videos(videos), path, front_end(), session.display())


def load_ipython_extension(ip: Any) -> None:
    """Register `%video` and `%%video`; IPython calls this for `%load_ext vidmagic`."""
    from vidmagic.notebook.magics.magics import load

    load(ip, _session)
    if "vidmagic.session.session" in sys.modules:  # what was made before, a form perhaps, follows `%config` from now on
        _session()


def unload_ipython_extension(ip: Any) -> None:
    """Unregister the magics; IPython calls this for `%unload_ext vidmagic`."""
    from vidmagic.notebook.magics.magics import unload

    unload(ip)


def _load_video(job_id: str) -> Video:
    return resume(job_id).result()


def _session(settings: Settings | None = None) -> Session:
    from vidmagic.notebook.card.present import register
    from vidmagic.session import session

    shared = session.default()
    register()
    settings = settings or _config_settings()
    if settings is not None:
        shared.settings = settings
    return shared


def _config_settings() -> Settings | None:
    """Return the settings that `%config VideoMagics` changes, None where the extension is not loaded."""
    magics = sys.modules.get("vidmagic.notebook.magics.magics")
    return magics.loaded_settings() if magics is not None else None


def _wait(job: Job) -> Video:
    from vidmagic.notebook.card.present import show
    from vidmagic.notebook.surfaces.frontend import front_end

    show(job, front_end(), quiet=True, wait=True)
    return job.result()


Video.find_by_job_id = staticmethod(_load_video)
