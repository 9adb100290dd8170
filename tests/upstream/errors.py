"""The errors of Qwen's endpoints: what a status, code and message look like on the wire."""

from dataclasses import dataclass, replace

from upstream.qwen import dump


@dataclass(frozen=True)
class QwenError:
    status: int
    code: str
    message: str
    type: str = "invalid_request_error"
    flat: bool = False  # the native shape, without the object "error"

    def body(self) -> bytes:
        if self.flat:
            return dump({"code": self.code, "message": self.message, "request_id": "8f1c-77"})
        inner = {"code": self.code, "message": self.message, "param": None, "type": self.type}
        return dump({"error": inner, "request_id": "8f1c-77"})

    def as_flat(self, code: str | None = None) -> "QwenError":
        return replace(self, flat=True, code=code or self.code)


INVALID_KEY = QwenError(401, "invalid_api_key", "Incorrect API key provided.")
INVALID_PARAMETER = QwenError(400, "invalid_parameter_error",
                              "<400> InternalError.Algo.InvalidParameter: top_p must be in (0, 1]")
FLOATS_ONLY = QwenError(
    400, "invalid_parameter_error",
    "<400> InternalError.Algo.InvalidParameter: encoding_format must be float")
CONTEXT_OVERFLOW = QwenError(
    400, "invalid_parameter_error",
    "<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 30720]")
MODERATION = QwenError(400, "data_inspection_failed",
                       "Input data may contain inappropriate content.")
ARREARAGE = QwenError(400, "Arrearage", "Access denied, please make sure your account is in good "
                      "standing.", flat=True)
ACCESS_DENIED = QwenError(403, "access_denied", "Access denied.")
FREE_TIER_SPENT = QwenError(403, "AllocationQuota.FreeTierOnly", "The free tier is exhausted.")
NO_SUCH_MODEL = QwenError(404, "model_not_found", "The model does not exist.")
RATE = QwenError(429, "limit_requests", "You exceeded your current requests limit.",
                 "limit_requests")
BURST = QwenError(429, "limit_burst_rate", "Request rate increased too quickly.")
TOKENS_PER_MINUTE = QwenError(429, "insufficient_quota", "Allocated quota exceeded, please "
                              "increase your quota limit.", "insufficient_quota")
BILL_OVERDUE = QwenError(429, "PrepaidBillOverdue", "The prepaid bill is overdue.", flat=True)
OUT_OF_CREDIT = QwenError(402, "daily_cost_limit_exceeded", "Daily cost limit reached.",
                          "insufficient_quota")
INTERNAL = QwenError(500, "internal_error", "An internal error has occurred, please try again.",
                     "server_error")
OVERLOADED = QwenError(503, "ModelServingError", "Too many requests. Your requests are being "
                       "throttled due to system capacity limits.", flat=True)
