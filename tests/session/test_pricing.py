"""The estimate of a request comes from the newest bill, else from the person's own price, else from the document."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from traitlets.config import Config

from tests.patience import ended
from tests.session.test_settings import project
from vidmagic.errors import InvalidRequest, TooExpensive
from vidmagic.notebook.views.dry_run import DryRun
from vidmagic.session.own_prices import read_prices
from vidmagic.session.run_options import DEFAULTS, RunOptions
from vidmagic.session.session import Session
from vidmagic.session.settings import Settings
from vidmagic.spec.price import price_text

PICTURE, OTHER = "https://pictures.example/a.png", "https://pictures.example/b.png"
LISTED, BILLED = "¥2.20 (estimate)", "¥3.10, as billed last time"


def price(session: Session, options: RunOptions = DEFAULTS, **given: Any) -> str:
    """Return the price of a request to Vidu Q2 as people read it."""
    return price_text(session.plan("another kite", "viduq2", options, **{"image": PICTURE, **given}).price)


def bill(session: Session, amount: str = "3.10", *, sandbox: bool = False, **given: Any) -> str:
    """Make a job that was billed *amount*; return its id."""
    job = ended(session.start("a kite", "viduq2", RunOptions(sandbox=sandbox, again=True), image=PICTURE, **given))
    changed = {"amount": amount, "currency": "CNY", "tokens": 31_000}
    session.store.update(job.id, reported={**job.record.reported, "bill": changed})
    return job.id


def test_the_last_bill_is_the_next_estimate(session: Session) -> None:
    """Before any job the document's price counts, then the newest bill; the journal notes where it came from."""
    assert price(session) == LISTED
    bill(session, "9.99")
    bill(session)
    assert price(session) == price(session, seed=5) == price(session, image=OTHER) == BILLED
    plan = session.plan("another kite", "viduq2", image=PICTURE)
    assert DryRun(plan).price.startswith(f"{BILLED} (2")
    job = session.launch(plan)
    assert job.record.price is not None
    assert job.record.price["source"] == "as billed last time"
    ended(job)


@pytest.mark.parametrize(
    "given",
    [{"duration": 6}, {"resolution": "1080p"}, {"bgm": True}, {"last_image": OTHER}],
    ids=["length", "size", "sound", "mode"],
)
def test_another_request_has_another_price(session: Session, given: dict[str, Any]) -> None:
    """What may decide the price is compared: a bill of another length, size, choice or mode says nothing."""
    bill(session)
    assert "as billed" not in price(session, **given)


def test_a_sandbox_job_teaches_nothing(session: Session) -> None:
    """What the sandbox would have billed is not what anybody was billed."""
    bill(session, sandbox=True)
    assert price(session) == LISTED


def test_the_limit_holds_for_the_bill(session: Session) -> None:
    """`--max-cost` compares the bill, and names it."""
    bill(session)
    with pytest.raises(TooExpensive, match=r"the estimate is ¥3\.10, as billed last time, above the limit of 3"):
        price(session, RunOptions(max_cost="3"))
    assert price(session, RunOptions(max_cost="3.2")) == BILLED


def test_your_price_goes_before_the_document_and_after_a_bill(session: Session) -> None:
    """The person knows better than a document, and the bill of such a request better than both."""
    session.settings.prices = "viduq2=0.9CNY/s"
    assert price(session) == "¥4.50, your price"
    assert price(session, duration=8) == "¥7.20, your price"
    with pytest.raises(TooExpensive, match=r"the estimate is ¥4\.50, your price"):
        price(session, RunOptions(max_cost="4"))
    bill(session)
    assert price(session) == BILLED


def test_a_price_for_a_whole_video_and_an_id(session: Session) -> None:
    """A model may be named by its id, and its price be that of a video of any length."""
    session.settings.prices = "hailuo=1USD, dmxapi/viduq2-pro = 3.5 cny"
    assert price(session) == price(session, duration=8) == "¥3.50, your price"
    assert price_text(session.plan("a kite", "hailuo").price) == "$1.00, your price"


def test_a_second_has_no_price_without_a_length(session: Session) -> None:
    """Where the model chooses the length, a price for a second says nothing."""
    session.settings.prices = "seedance=1CNY/s"
    free_length = {"duration": -1, "auto_duration": True}
    assert price_text(session.plan("a kite", "seedance", **free_length).price) == "price unknown"


def test_prices_of_the_project(tmp_path: Path) -> None:
    """The table of the project's file is the setting; `%config` takes a table too."""
    project(tmp_path, '[tool.vidmagic.prices]\nkling = "0.9CNY/s"\n"vidu1.5" = "3.5CNY"')
    assert Settings().prices == "kling=0.9CNY/s, vidu1.5=3.5CNY"
    assert set(read_prices(Settings().prices)) == {"kling", "vidu1.5"}
    assert Settings(config=Config({"Settings": {"prices": {"wan": "2USD"}}})).prices == "wan=2USD"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("kling = 0.9", "kling = 0.9 is not a price: write 0.9CNY/s, or 3.5CNY for a whole video"),
        ('kling = "cheap"', "kling = cheap is not a price"),
        ('kling = "0.9"', "kling = 0.9 is not a price"),
        ('kling = "0.9CNY/min"', "kling = 0.9CNY/min is not a price"),
        ('vidu1.5 = "3CNY"', 'vidu1.5: a name with a dot needs quotes, as "vidu1.5" ='),
    ],
)
def test_a_wrong_price_names_its_file_and_key(tmp_path: Path, line: str, message: str) -> None:
    """A value that is not a price is refused with the file, the key and how a price is written."""
    project(tmp_path, f"[tool.vidmagic.prices]\n{line}")
    with pytest.raises(InvalidRequest) as error:
        _ = Settings().prices
    assert error.value.message.startswith(f"{tmp_path}/pyproject.toml, prices: {message}")


def test_a_price_of_no_model(session: Session) -> None:
    """A misspelt model is refused with what was probably meant, and where to correct it."""
    session.settings.prices = "viduq3x=1CNY"
    with pytest.raises(InvalidRequest, match="prices, viduq3x: no model is called 'viduq3x'") as error:
        price(session)
    assert "pyproject.toml" in error.value.hint
