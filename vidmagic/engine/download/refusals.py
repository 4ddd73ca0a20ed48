"""What stands in the way of a download: the status of a reply, the disk, a format that cannot be shown."""

from __future__ import annotations

import errno
from pathlib import Path

from vidmagic.errors import LinkRefused, Paused, Unreachable
from vidmagic.http.reply import Reply

_WITH_A_BODY = {200, 206, 416}  # 416 is about the range, not the link
_LATER = {408, 425, 429}
_FULL = {errno.ENOSPC, errno.EDQUOT}


def check_status(reply: Reply) -> None:
    """Raise the error that a status means, unless a body or a range follows."""
    status = reply.status
    if status in _WITH_A_BODY:
        return
    if status in _LATER or not 300 <= status < 500:  # redirects and client errors are refusals
        raise Unreachable(f"HTTP {status} to the download", status=status, retry_after=reply.retry_after)
    raise LinkRefused(f"the result link was refused (HTTP {status})")


def cannot_be_shown(path: Path) -> Paused:
    """Return the error for a result that is stored and cannot be shown."""
    return Paused(
        f"the service made a {path.suffix[1:].upper()} file, which cannot be shown here; it is stored as {path}",
        hint="Open or convert it with another program. Do not buy it again: the service would send the same kind.",
    )


def refused_by_disk(refused: OSError, folder: Path) -> Paused:
    """Return the error that a refusal of the disk means to the user."""
    message = f"the video cannot be written to {folder}: {(refused.strerror or type(refused).__name__).lower()}"
    if refused.errno in _FULL:
        return Paused(message, hint=f"Free some space in {folder}, then resume the job.")
    if refused.errno == errno.EFBIG:
        return Paused(
            message, hint=f"The disk of {folder} does not take a file this large: choose another folder, then resume."
        )
    return Paused(message, hint=f"Make {folder} writable or choose another folder, then resume the job.")
