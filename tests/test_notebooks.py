"""The example notebooks are executed as they are, directly and by the tools that execute notebooks."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_from_top_to_bottom(path: Path, tmp_path: Path) -> None:
    """It runs in the sandbox without a key, shows videos, and holds no widget."""
    book = nbformat.read(path, as_version=4)
    NotebookClient(book, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = [output for cell in book.cells if cell.cell_type == "code" for output in cell.outputs]
    assert any("<video" in output.get("data", {}).get("text/html", "") for output in outputs)
    assert "widget-view" not in json.dumps([list(output.get("data", {})) for output in outputs])


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_stored_without_outputs(path: Path) -> None:
    """The file in the repository holds no output and no execution count."""
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        assert cell.get("outputs", []) == []
        assert cell.get("execution_count") is None


CELLS = ["%load_ext vidmagic", "%%video hailuo --sandbox\nA red kite", "print('after')"]


@pytest.mark.parametrize("tool", ["nbconvert", "papermill"])
def test_tools_that_execute_notebooks_get_the_video(tool: str, tmp_path: Path) -> None:
    """`nbconvert --execute` and papermill wait for the video and store it in its cell, without a widget."""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(book, tmp_path / "in.ipynb")
    command = {
        "nbconvert": ["nbconvert", "--to", "notebook", "--execute", "in.ipynb", "--output", "out.ipynb"],
        "papermill": ["papermill", "in.ipynb", "out.ipynb", "--no-progress-bar"],
    }[tool]
    subprocess.run([sys.executable, "-m", *command], cwd=tmp_path, check=True, capture_output=True, timeout=120)
    done = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    assert "<video" in done.cells[1].outputs[0]["data"]["text/html"]
    assert "after" in done.cells[2].outputs[0]["text"]
    assert "widget" not in json.dumps(done.metadata)
    shutil.rmtree(tmp_path / "videos")


def test_nbconvert_to_html_shows_the_player(tmp_path: Path) -> None:
    """A page made by `nbconvert --to html` holds the video itself, and no widget or notice of one."""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(book, tmp_path / "in.ipynb")
    command = [sys.executable, "-m", "nbconvert", "--to", "html", "--execute", "in.ipynb"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=120)
    page = (tmp_path / "in.html").read_text(encoding="utf-8")
    (player,) = re.findall(r"<video [^>]*>", page)
    assert 'src="data:video/mp4;base64,' in player
    assert "controls" in player
    assert "widget-view" not in page
    assert "%video resume" not in page


def test_a_failing_cell_stops_the_tool(tmp_path: Path) -> None:
    """Papermill ends with an error when a video cell is refused, and does not run the next cell."""
    cells = ["%load_ext vidmagic", "%%video hailuo --sandbox --duration 7\nA red kite", "print('after')"]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(book, tmp_path / "in.ipynb")
    command = [sys.executable, "-m", "papermill", "in.ipynb", "out.ipynb", "--no-progress-bar"]
    ended = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, timeout=120)
    assert ended.returncode != 0
    done = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    errors = [output for cell in done.cells for output in cell.get("outputs", []) if output["output_type"] == "error"]
    assert "duration must be 6 or 10 s, not 7" in "\n".join(errors[0]["traceback"])
    assert all("after" not in json.dumps(cell.get("outputs", [])) for cell in done.cells[-1:])
