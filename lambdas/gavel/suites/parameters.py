"""Inference parameters of a generator, in the form of Bedrock's Converse API."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_INFERENCE_PARAMS: Final = 1023  # characters; shape EvaluationModelInferenceParams of the Bedrock service model


@dataclass(frozen=True)
class Parameters:
    """Inference parameters of a generator; None means Bedrock's default for the model."""

    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    stop_sequences: tuple[str, ...] = ()
    additional: Mapping[str, Any] = field(default_factory=dict)

    def inference_params(self) -> str | None:
        """JSON text for CreateEvaluationJob's `inferenceParams` (1 to 1,023 characters); None when nothing is set."""
        settings = {
            "maxTokens": self.max_tokens,
            "temperature": self.temperature,
            "topP": self.top_p,
            "stopSequences": list(self.stop_sequences) or None,
        }
        inference = {key: value for key, value in settings.items() if value is not None}
        fields: dict[str, Any] = {}
        if inference:
            fields["inferenceConfig"] = inference
        if self.additional:
            fields["additionalModelRequestFields"] = dict(self.additional)
        return json.dumps(fields, separators=(",", ":"), ensure_ascii=False, allow_nan=False) if fields else None

    def to_json(self) -> dict[str, Any]:
        """The parameters that are set, under the names of the suite's file."""
        values = {
            "max_tokens": self.max_tokens,
            "temperature": self.temperature,
            "top_p": self.top_p,
            "stop_sequences": list(self.stop_sequences) or None,
            "additional": dict(self.additional) or None,
        }
        return {key: value for key, value in values.items() if value is not None}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The parameters that `to_json` wrote."""
        return cls(
            max_tokens=data.get("max_tokens"),
            temperature=data.get("temperature"),
            top_p=data.get("top_p"),
            stop_sequences=tuple(data.get("stop_sequences", ())),
            additional=data.get("additional", {}),
        )
