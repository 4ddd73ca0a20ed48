"""`%%video` makes a video from the cell's body; `%video VERB` does everything else and never takes a prompt."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from IPython.core.magic import Magics, cell_magic, line_magic, magics_class, no_var_expand

from vidmagic.notebook.magics.completion import install, remove
from vidmagic.session.settings import Settings

VERBS = ("models", "jobs", "show", "resume", "wait", "cancel", "upscale", "cost", "takes", "pick", "compare", "reel",
         "history", "camera", "form", "doctor", "help")  # fmt: skip


@magics_class
class VideoMagics(Magics, Settings):
    """The magics and their settings; `%config VideoMagics` lists and changes them."""

    def __init__(self, shell: Any, session: Callable[[Settings], Any]) -> None:
        super().__init__(shell=shell)
        self._make_session = session

    @functools.cached_property
    def session(self) -> Any:
        """What starts and lists jobs; made at the first use, because it imports much."""
        return self._make_session(self)

    @no_var_expand
    @cell_magic("video")  # type: ignore[arg-type]
    def cell(self, line: str, cell: str) -> Any:
        """Make a video from the cell's body.

        %%video [MODEL] [flags]        body: the prompt; {{name}} takes a variable's value

            %%video hailuo --duration 6
            A red kite over the sea [Push in]

            %%video sora --aspect-ratio 16:9 --out kite --wait
            A {{colour}} kite over the sea

            %%video seedance --seed 1,2,3 --shot kite
            A {{red|blue}} kite over the sea

        -o NAME  put the job in a variable     -w / -b  wait for it / return at once    -a  another paid take
        -n  dry run: nothing is sent           --max-cost 2CNY  refuse above           --sandbox  rehearse, free
        --embed / --no-embed                   --raw  no {{name}}                      -q  no video (with -o)
        --shot NAME  every video is a take     --from SHOT|ID|FILE  start from its last frame
        Several values (--seed 1,2, --model a,b, {{a|b}}) make several videos; --yes confirms more than 12.

        Models: %video models        A model's own flags: %video models MODEL        All else: %video help
        """
        from vidmagic.notebook.magics.cell import run_cell

        return run_cell(self, line, cell)

    @no_var_expand
    @line_magic("video")  # type: ignore[arg-type]
    def line(self, line: str) -> Any:
        """Look after videos: models, jobs, show, resume, wait, cancel, help.

        %video models [MODEL]    models, keys and prices; with MODEL its parameters
        %video form [MODEL]      the same requests by hand, with the price as you choose
        %video jobs              what was made: --state, --model, --since 2h, --limit
        %video show ID           one job with its video
        %video resume [ID]       take a job up again, or all that can be
        %video wait [ID]         hold the cell until a job, or all of this kernel, have ended
        %video cancel ID         stop a job
        %video upscale ID        a larger version of a finished Vidu video; a paid job of its own
        %video cost              what was spent, estimated and reported
        %video takes [SHOT]      the takes of a shot, or the shots of this folder
        %video pick SHOT NUMBER  mark the keeper of a shot
        %video compare ID ID …   videos side by side, in step: --columns
        %video reel A,B --out F  join videos into one file
        %video history [WORDS]   prompts of all notebooks by their words, with the cell to run again: --limit
        %video camera [MODEL]    the camera moves that a prompt may name in brackets
        %video doctor            versions, keys set or not, journal, front end
        %video help              this page

        It never takes a prompt, so a typing error costs nothing. A prompt goes into a cell that begins with %%video.
        """
        from vidmagic.notebook.magics.verbs import run_line

        return run_line(self, line)


def load(ip: Any, session: Callable[[Settings], Any]) -> None:
    """Register the magics in *ip*, once however often it is called."""
    if any(isinstance(each, VideoMagics) for each in ip.configurables):
        return
    magics = VideoMagics(ip, session)
    ip.register_magics(magics)
    install(ip, lambda: magics.session, VERBS)


def unload(ip: Any) -> None:
    """Take the magics out of *ip* again; jobs that run go on."""
    remove(ip)
    for kind in ("line", "cell"):
        found = ip.magics_manager.magics[kind].get("video")
        if isinstance(getattr(found, "__self__", None), VideoMagics):
            del ip.magics_manager.magics[kind]["video"]
    ip.magics_manager.registry.pop("VideoMagics", None)
    ip.configurables[:] = [each for each in ip.configurables if not isinstance(each, VideoMagics)]
