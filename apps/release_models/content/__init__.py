"""The content of a model version: one JSON document, its schema, its rules of sense, its digest, and its differences."""

from apps.release_models.content.applicability import Scope, Verdict, examples_in_words, judge
from apps.release_models.content.completion import complete
from apps.release_models.content.difference import difference
from apps.release_models.content.digest import canonical, digest_of
from apps.release_models.content.schema import SCHEMA
from apps.release_models.content.sense import faults_of

__all__ = [
    "SCHEMA",
    "Scope",
    "Verdict",
    "canonical",
    "complete",
    "difference",
    "digest_of",
    "examples_in_words",
    "faults_of",
    "judge",
]
