"""The three services of the built-in providers, the endpoint for chats, and the formats of the services' errors."""

from __future__ import annotations

from vidmagic.errors import Reason
from vidmagic.http.reply import Reply
from vidmagic.providers.billing import Billing
from vidmagic.providers.contract import Service

VIDU = Service(
    name="vidu",
    title="Vidu",
    origin="https://api.vidu.zone",
    origins={"v2": "https://api.vidu.com"},
    key_env="VIDU_API_KEY",
    url_env="VIDMAGIC_VIDU_URL",
    has_sandbox=True,
    scheme="Token",
    key_check=("v2", "/ent/v2/tasks/0/creations"),
)

DMXAPI = Service(
    name="dmxapi",
    title="DMXAPI",
    origin="https://www.dmxapi.cn",
    key_env="DMXAPI_API_KEY",
    url_env="VIDMAGIC_DMXAPI_URL",
    has_sandbox=True,
    # HappyHorse's edit document names both: 135,000 tokens in its reply, ¥13.50 a video. Hailuo 2.3 (35,000 at ¥3.50),
    # 2.3-Fast (23,100 at ¥2.31), H3 in 2K (40,000 at ¥4.00) and Vidu Q2 (28,002 at ¥2.80) agree with known prices.
    billing=Billing(
        tokens=10_000,
        currency="CNY",
        source="DMXAPI's document of HappyHorse's video edit",
        # Seedance 1.5 reports 3,910 tokens for what its maker sells at ¥3.89: another scale, or another price. PixVerse
        # V6 reports 135,000 for every size, beside a query that counts 7 credits in place of 45; C1 fits no price.
        unsettled=frozenset(
            {"dmxapi/doubao-seedance-1-5-pro-responses", "dmxapi/PixVerse-V6", "dmxapi/PixVerse-C1"},
        ),
    ),
    chat_model="deepseek-v4-flash",
)

APIYI = Service(
    name="apiyi",
    title="apiyi",
    origin="https://api.apiyi.com",
    key_env="APIYI_API_KEY",
    url_env="VIDMAGIC_APIYI_URL",
    has_sandbox=True,
    scheme="Bearer",
    in_flight=30,
    chat_model="",  # its document has the endpoint, and names no language model
)

# Any endpoint in OpenAI's form, chosen by the person; its origin is its variable's and ends in /v1.
CHAT = Service(
    name="chat",
    title="the endpoint of VIDMAGIC_CHAT_URL",
    origin="",
    key_env="VIDMAGIC_CHAT_KEY",
    url_env="VIDMAGIC_CHAT_URL",
    scheme="Bearer",
    has_sandbox=True,
    chat_model="",
)

# Error codes that both gateways use.
GATEWAY_REASONS: dict[str, Reason] = {
    "invalid_api_key": "key",
    "insufficient_user_quota": "balance",
    "insufficient_quota": "balance",
    "rate_limit_exceeded": "rate",
    "content_policy_violation": "prompt",
    "model_not_found": "not found",
    "invalid_request_error": "parameters",
}

# The codes of Seedance's maker, which the DMXAPI gateway passes on.
SEEDANCE_REASONS: dict[str, Reason] = {
    "InputTextSensitiveContentDetected": "prompt",
    "InputImageSensitiveContentDetected": "image",
    "InputVideoSensitiveContentDetected": "image",
    "InputAudioSensitiveContentDetected": "image",
    "OutputVideoSensitiveContentDetected": "result",
    "OutputAudioSensitiveContentDetected": "result",
    "ServerOverloaded": "rate",
    "MissingParameter": "parameters",
    "InvalidParameter": "parameters",
    "InvalidEndpoint": "not found",
}

# Vidu's own error codes, which the DMXAPI gateway passes on. Codes are left out after which it is
# unknown whether a task was made.
VIDU_REASONS: dict[str, Reason] = {
    "BadRequest": "parameters",
    "FieldLacking": "parameters",
    "FieldUnwanted": "parameters",
    "FieldInvalid": "parameters",
    "FieldItemCountOutOfRange": "parameters",
    "PageSizeOutOfRange": "parameters",
    "ImageDownloadFailure": "image",
    "ImageFormatInvalid": "image",
    "ImageCheckBodyJointsFailed": "image",
    "ImageCheckFaceFailed": "image",
    "ImageObjectsUndetected": "image",
    "OperationInProcess": "busy",
    "TaskPromptPolicyViolation": "prompt",
    "AuditSubmitIllegal": "prompt",
    "CreationPolicyViolation": "result",
    "CreditInsufficient": "balance",
    "ModelUnavailable": "busy",
    "Unauthorized": "key",
    "Forbidden": "key",
    "TaskNotFound": "not found",
    "CreationNotFound": "not found",
    "NotFound": "not found",
    "QuotaExceeded": "concurrency",
    "TooManyRequests": "rate",
    "SystemThrottling": "rate",
}

# The codes of Alibaba Cloud Model Studio, through which Wan, HappyHorse and one Kling come to the DMXAPI gateway. The
# moderation has one code for prompts and for results.
MODEL_STUDIO_REASONS: dict[str, Reason] = {
    "DataInspectionFailed": "prompt",
    "InvalidParameter": "parameters",
    "InvalidApiKey": "key",
    "Arrearage": "balance",
    "Throttling": "rate",
}

# MiniMax's own error codes, as they come in `base_resp`.
MINIMAX_REASONS: dict[str, Reason] = {
    "1002": "rate",
    "1004": "key",
    "1008": "balance",
    "1026": "prompt",
    "1027": "result",
    "2013": "parameters",
    "2038": "key",
    "2049": "key",
}


def vidu_error(reply: Reply) -> tuple[str, Reason | None, str]:
    """Return message, reason and trace id of an error in Vidu's shape: `{"code", "reason", "message", "metadata"}`."""
    answer = reply.json
    metadata = answer.get("metadata")
    trace = metadata.get("trace_id") if isinstance(metadata, dict) else None
    message = ": ".join(str(answer[name]) for name in ("reason", "message") if answer.get(name))
    return message, VIDU_REASONS.get(str(answer.get("reason"))), str(trace or reply.headers.get("x-md-trace-id", ""))


def gateway_message(reply: Reply) -> str:
    """Return the message of an error as the gateways shape it: `{"error": {"message"}}`, or flat; empty for neither."""
    answer = reply.json
    error = answer.get("error")
    return str((error.get("message") if isinstance(error, dict) else error) or answer.get("message") or "")
