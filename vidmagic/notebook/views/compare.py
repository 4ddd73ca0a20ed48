"""Videos side by side, or in rows and columns, with their differences and one set of controls for all."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from vidmagic.engine.job import Job
from vidmagic.engine.journal.takes import Take
from vidmagic.errors import InvalidRequest, VidmagicError
from vidmagic.escaping import plain
from vidmagic.media.video import Video
from vidmagic.notebook.card.comparison_html import comparison_html
from vidmagic.notebook.card.tile import Naming, Tile, take_name, tiles_of
from vidmagic.notebook.card.video_factors import video_factors
from vidmagic.notebook.views.choice_buttons import with_choice
from vidmagic.session.choices import Choices
from vidmagic.session.sweep.layout import Layout, grid_layout
from vidmagic.session.sweep.sweep import Sweep
from vidmagic.spec.params import listing

if TYPE_CHECKING:
    from IPython.display import DisplayHandle


class Comparison:
    """Videos side by side as the value of a cell. `columns` is how many stand in a row, None for as many as fit.

    What it shows is plain HTML: each video plays by itself in the saved notebook. Where scripts run there are controls
    for all of them (see comparison.js). `layout` are rows and columns with headings; `lost` are sentences on what could
    not be shown. While the kernel lives, a take can be picked by a button below it (see choice.js).

    A *blind* comparison shuffles the videos and calls them A, B … until `choose` is called, or a button pressed; what
    was chosen is stored by *choices*.
    """

    def __init__(
        self,
        videos: Sequence[Video],
        *,
        columns: int | None = None,
        lost: Sequence[str] = (),
        layout: Layout | None = None,
        choices: Choices | None = None,
        blind: bool = False,
    ) -> None:
        if not videos and not lost:
            raise InvalidRequest("a comparison needs videos")
        if columns is not None and columns < 1:
            raise InvalidRequest(f"columns is {columns}, at least 1 is needed")
        if blind and (layout is not None or choices is None or len(videos) < 2):
            raise InvalidRequest("a blind comparison needs two videos, and no grid: its headings would name them")
        self.videos = tuple(random.sample(videos, len(videos)) if blind else videos)
        self.columns = columns
        self.lost = tuple(lost)
        self.layout = layout
        self.blind = blind
        self.chosen: Video | None = None
        self._choices = choices
        self._handles: list[DisplayHandle] = []

    def choose(self, name: str) -> Video:
        """Choose the video called *name* ("A") in a blind comparison, once; the comparison then shows which is which.

        The choice is stored (`%video compare --choices` lists them), and the take becomes the pick where all videos are
        takes of one shot. Raises InvalidRequest.
        """
        names = [Naming(letters=True).name(at) for at in range(len(self.videos))]
        if not self.blind or self._choices is None:
            raise InvalidRequest("only in a blind comparison something is chosen; `%video pick SHOT:N` picks a take")
        if self.chosen is not None:
            raise InvalidRequest("the choice has been made, and by now it is known which is which")
        if name.strip().upper() not in names:
            raise InvalidRequest(f"no video here is called {name!r}; there are {listing(names, 'and')}")
        at = names.index(name.strip().upper())
        compared = [video.job_id or video.path.name for video in self.videos]
        self._choices.store(compared, compared[at], self._takes(), at)
        self.chosen = self.videos[at]
        for handle in self._handles:
            handle.update(self._bundle(), raw=True)
        return self.chosen

    def __repr__(self) -> str:
        _, tiles = self.tiles()
        naming = Naming(letters=self.blind)
        lines = [naming.name(at) if self._is_hidden else _line(naming.name(at), tile) for at, tile in enumerate(tiles)]
        return "\n".join([*lines, *map(plain, self._notes())])

    def _ipython_display_(self) -> None:
        if not self.blind:
            raise NotImplementedError  # what is never changed is shown by its bundle
        from IPython.display import display

        self._handles.append(display(self._bundle(), raw=True, display_id=True))

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return self._bundle()

    def _bundle(self) -> dict[str, str]:
        heading, tiles = self.tiles()
        html = comparison_html(
            tiles, heading=heading, columns=self.columns, layout=self.layout, notes=self._notes(),
            blind=self._is_hidden, letters=self.blind,
        )  # fmt: skip
        if self._choices is not None and (self._is_hidden or (not self.blind and any(self._takes()))):
            html = with_choice(self, html)
        return {"text/plain": repr(self), "text/html": html}

    def tiles(self) -> tuple[str, list[Tile]]:
        """Return what the videos have in common, and each with what sets it apart."""
        return tiles_of(self.videos, list(map(take_name, self._takes())))

    def press(self, at: int) -> None:
        """Do what the button below the video *at* does: choose it blind, else pick its take."""
        take = self._takes()[at]
        if self.blind:
            self.choose(Naming(letters=True).name(at))
        elif self._choices is not None and take is not None:
            self._choices.pick(take)

    def button_labels(self) -> list[str]:
        """Return what the button below each video says, "" for none."""
        if self._is_hidden:
            return [f"Choose {Naming(letters=True).name(at)}" for at in range(len(self.videos))]
        if self.blind:
            return [""] * len(self.videos)
        return [
            f"{'★ picked:' if take.picked else 'Pick'} {take}" if take is not None else "" for take in self._takes()
        ]

    @property
    def _is_hidden(self) -> bool:
        return self.blind and self.chosen is None

    def _notes(self) -> tuple[str, ...]:
        if self._is_hidden:
            ask = 'Which is which is hidden until you choose one: press its button, or _.choose("A") in the next cell.'
            return (*self.lost, ask)
        if self.chosen is None:
            return self.lost
        at = self.videos.index(self.chosen)
        take = self._takes()[at]
        return (*self.lost, f"You chose {Naming(letters=True).name(at)}{f', {take}' if take is not None else ''}.")

    def _takes(self) -> list[Take | None]:
        job_ids = [video.job_id for video in self.videos]
        return self._choices.takes(job_ids) if self._choices is not None else [None for _ in job_ids]


def compare(
    shown: Iterable[Video | Job],
    *,
    columns: int | None = None,
    grid: str = "",
    sweep: Sweep | None = None,
    choices: Choices | None = None,
    blind: bool = False,
) -> Comparison:
    """Lay videos side by side; jobs are waited for. A sentence below the others names each that has no video.

    *grid* names the factors that are rows and columns, as "model×seed"; of a *sweep* they are its own, and its layout
    is the default. Raises InvalidRequest.
    """
    videos, lost = [], []
    factors: list[Mapping[str, str]] = []
    for at, item in enumerate(shown):
        try:
            videos.append(item if isinstance(item, Video) else item.result())
        except VidmagicError as error:
            lost.append(f"{getattr(item, 'short', '')} · job {error.job_id}: {error.message}")
        else:
            factors.append(sweep.factors[at] if sweep is not None else {})
    if sweep is None and grid:
        takes = choices.takes([video.job_id for video in videos]) if choices is not None else [None] * len(videos)
        factors = [*video_factors(videos, ["" if take is None else take.shot for take in takes])]
    elif sweep is not None and sweep.layout is not None and columns is None and not blind:
        grid = grid or sweep.layout.written
    layout = grid_layout(factors, grid) if grid else None
    return Comparison(videos, columns=columns, lost=lost, layout=layout, choices=choices, blind=blind)


def _line(name: str, tile: Tile) -> str:
    video = tile.video
    path = "" if video is None else video.display.shown_path(video.path)
    return " · ".join([name, *filter(None, [plain(tile.take), plain(tile.label)]), plain(path)])
