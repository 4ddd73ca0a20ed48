"""The object that a job ends in."""

from __future__ import annotations

import copy
import os
import pickle
import shutil
import subprocess
import sys

import pytest
from IPython.core.formatters import DisplayFormatter
from PIL import Image

from tests.media import videos
from vidmagic.media.display import DisplayOptions
from vidmagic.media.images import read_image
from vidmagic.media.probe import UnreadableVideo
from vidmagic.media.video import Video
from vidmagic.spec.models import ImageLimits

ORIGIN = {
    "job_id": "01J8",
    "model": "dmxapi/MiniMax-Hailuo-2.3",
    "short": "hailuo",
    "prompt": "a red kite",
    "params": {"duration": 6, "seed": 0},
    "price": "¥2.00",
}


def test_a_path_is_enough(short_video):
    """`Video(path)` alone gives the facts, frames and poster of any MP4."""
    video = Video(str(short_video))
    assert (video.path, video.duration, video.width, video.height) == (short_video, 2.0, 320, 180)
    assert video.size == short_video.stat().st_size
    assert videos.number(video.last_frame()) == 47
    assert videos.number(video.frame(1.0)) == 24
    assert video.filmstrip(2).width == 484
    assert video.poster is video.poster
    assert (video.job_id, video.model, video.prompt, video.params, video.seed) == ("", "", "", {}, None)


def test_a_video_is_a_path(short_video):
    """A video can be used where a path can."""
    assert os.fspath(Video(short_video)) == str(short_video)
    with open(Video(short_video), "rb") as file:  # noqa: PTH123  what users write
        assert file.read(8)[4:] == b"ftyp"


def test_its_origin_is_stored():
    """Job, model, prompt and parameters are as given; seed 0 is a seed, and the params are the video's own."""
    params = {"seed": 0}
    video = Video("x.mp4", **{**ORIGIN, "params": params})
    params["seed"] = 9
    assert (video.job_id, video.prompt) == ("01J8", "a red kite")
    assert (video.model, video.short) == ("dmxapi/MiniMax-Hailuo-2.3", "hailuo")
    assert (video.params, video.seed) == ({"seed": 0}, 0)
    assert Video("x.mp4", params={"seed": 3}, seed=0).seed == 0


def test_the_last_frame_can_go_on(short_video):
    """The last frame is an image for the next request."""
    image = read_image("image", Video(short_video).last_frame(), ImageLimits(formats=("png",), size=10**6))
    assert (image.width, image.height, image.content_type) == (320, 180, "image/png")


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda video: pickle.loads(pickle.dumps(video))])
@pytest.mark.parametrize("touched", [False, True])
def test_a_video_can_be_pickled_and_copied(short_video, again, touched):
    """A video survives pickling and copying, before and after its file was looked at."""
    video = Video(short_video, **ORIGIN, display=DisplayOptions(embed="never"))
    if touched:
        assert video.duration
        assert video.poster
    other = again(video)
    assert vars(other) == vars(video)


def test_the_file_is_read_once_and_only_when_asked(short_video, tmp_path):
    """Making a video touches no file; facts and poster, once known, outlive the file."""
    video = Video(tmp_path / "later.mp4")
    shutil.copy(short_video, video.path)
    assert video.duration == 2.0
    assert video.poster
    video.path.unlink()
    assert video.width == 320
    assert video.poster
    with pytest.raises(UnreadableVideo, match=r"later\.mp4"):
        video.last_frame()


def test_the_repr_is_one_line(short_video, monkeypatch):
    """The text form is one line with file, model, length and price, and never base64."""
    monkeypatch.chdir(short_video.parent)
    assert repr(Video(short_video, **ORIGIN)) == "Video('video.mp4', hailuo, 2 s, ¥2.00)"
    assert repr(Video("video.mp4", short="sora", in_sandbox=True)) == "Video('video.mp4', sora, 2 s, sandbox)"
    assert repr(Video("video.mp4", model="a/b", reused=True)) == "Video('video.mp4', b, 2 s, reused)"
    assert repr(Video("gone.mp4")) == "Video('gone.mp4', no readable file)"
    assert "\n" not in repr(Video("a\nb\x1b[31m.mp4", short="x\ny", price="\x1b"))


def test_a_notebook_shows_it(short_video):
    """IPython gets the player, the line and where it comes from, and no other form."""
    data, metadata = DisplayFormatter().format(Video(short_video, **ORIGIN))
    assert set(data) == {"text/plain", "text/html"}
    assert data["text/plain"] == repr(Video(short_video, **ORIGIN))
    assert data["text/html"].startswith("<figure")
    assert metadata == {
        "vidmagic": {"job_id": "01J8", "model": "dmxapi/MiniMax-Hailuo-2.3", "params": {"duration": 6, "seed": 0}}
    }


@pytest.mark.parametrize("asked", [{"include": {"text/plain"}}, {"exclude": {"text/html"}}])
def test_html_is_made_only_when_asked_for(short_video, asked):
    """The video is encoded only if HTML is wanted."""
    assert set(Video(short_video)._repr_mimebundle_(**asked)[0]) == {"text/plain"}


def test_the_module_is_light():
    """Importing it loads neither the codecs nor the image library."""
    code = "import sys, vidmagic.media.video; print(sorted({'av', 'PIL', 'requests', 'IPython'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_frames_are_pil_images(short_video):
    """What is shown to the user is an ordinary PIL image."""
    assert isinstance(Video(short_video).last_frame(), Image.Image)
