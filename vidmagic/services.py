"""The three services that the five built-in providers speak to."""

from __future__ import annotations

from vidmagic.provider import Service
from vidmagic.transport import Reply

VIDU = Service(
    name="vidu",
    title="Vidu",
    origin="https://api.vidu.zone",
    origins={"v2": "https://api.vidu.com"},
    key_env="VIDU_API_KEY",
    url_env="VIDMAGIC_VIDU_URL",
    scheme="Token",
)

DMXAPI = Service(
    name="dmxapi",
    title="DMXAPI",
    origin="https://www.dmxapi.cn",
    key_env="DMXAPI_API_KEY",
    url_env="VIDMAGIC_DMXAPI_URL",
)

APIYI = Service(
    name="apiyi",
    title="apiyi",
    origin="https://api.apiyi.com",
    key_env="APIYI_API_KEY",
    url_env="VIDMAGIC_APIYI_URL",
    scheme="Bearer",
    in_flight=30,
)


def gateway_words(reply: Reply) -> str:
    """Return the message of an error as the gateways shape it: `{"error": {"message"}}`, or flat; empty for neither."""
    said = reply.json
    error = said.get("error")
    return str((error.get("message") if isinstance(error, dict) else error) or said.get("message") or "")
