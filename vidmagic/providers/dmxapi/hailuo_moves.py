"""The camera moves that a prompt for Hailuo may name in brackets, and advice on words that are none."""

from __future__ import annotations

import difflib
import re

from vidmagic.spec.models import Move

# The fifteen moves of the document, in its words and in those its own example uses.
MOVES = (
    Move("左移", "Truck left", "the camera slides to the left"),
    Move("右移", "Truck right", "the camera slides to the right"),
    Move("左摇", "Pan left", "the camera stays and turns to the left"),
    Move("右摇", "Pan right", "the camera stays and turns to the right"),
    Move("推进", "Push in", "the camera goes towards what it looks at"),
    Move("拉远", "Pull out", "the camera goes away from what it looks at"),
    Move("上升", "Pedestal up", "the camera rises and keeps looking ahead"),
    Move("下降", "Pedestal down", "the camera sinks and keeps looking ahead"),
    Move("上摇", "Tilt up", "the camera stays and looks up"),
    Move("下摇", "Tilt down", "the camera stays and looks down"),
    Move("变焦推近", "Zoom in", "the lens brings the picture closer"),
    Move("变焦拉远", "Zoom out", "the lens takes the picture farther away"),
    Move("晃动", "Shake", "the camera trembles as if held in the hand"),
    Move("跟随", "Tracking shot", "the camera follows what moves"),
    Move("固定", "Static shot", "the camera does not move"),
)


def camera_warnings(prompt: str) -> list[str]:
    """Return advice on words in brackets that are not camera moves, and on brackets with more than three moves."""
    known = {word.lower(): word for move in MOVES for word in (move.chinese, move.english)}
    advice = []
    for bracket in re.findall(r"(?<!\[)\[([^\[\]\n]{1,200})\](?!\])", prompt):
        words = [word.strip() for word in re.split(r"[,，、]", bracket)]
        if len(words) > 3:
            advice.append(f"[{bracket}] holds {len(words)} camera moves; the document advises at most 3")
        for word in words:
            if word.lower() not in known:
                near = difflib.get_close_matches(word.lower(), known, n=1, cutoff=0.5)
                hint = f"; the nearest is [{known[near[0]]}]" if near else ""
                advice.append(f"[{word}] is not a camera move that the document names{hint}")
    return advice
