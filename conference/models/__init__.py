"""Language models behind one protocol: vLLM engines, servers, Transformers and replays."""

from __future__ import annotations

from conference.models.asking import Asker
from conference.models.backends import Cluster, running
from conference.models.makers import (
    is_model,
    known_kinds,
    make_model,
    parse_spec,
    rules_by_model,
    rules_for,
)
from conference.models.records import (
    Call,
    Message,
    Model,
    ModelError,
    ModelRules,
    Refused,
    Reply,
    Sampling,
    Spec,
    own_words,
)
from conference.models.shapes import Shape, form_shape, struct_shape

__all__ = [
    "Asker",
    "Call",
    "Cluster",
    "Message",
    "Model",
    "ModelError",
    "ModelRules",
    "Refused",
    "Reply",
    "Sampling",
    "Shape",
    "Spec",
    "form_shape",
    "is_model",
    "known_kinds",
    "make_model",
    "own_words",
    "parse_spec",
    "rules_by_model",
    "rules_for",
    "running",
    "struct_shape",
]
