"""The verbs of verification."""

from apps.verification.actions.callbacks import take_call_back
from apps.verification.actions.evidence import submit_evidence, understand_evidence
from apps.verification.actions.keys import change_key, remove_key, retire_key, trust_key
from apps.verification.actions.pipelines import note_origins, note_pipeline_run
from apps.verification.actions.runs import carry_out_run, look_again, sweep_runs

__all__ = [
    "carry_out_run",
    "change_key",
    "look_again",
    "note_origins",
    "note_pipeline_run",
    "remove_key",
    "retire_key",
    "submit_evidence",
    "sweep_runs",
    "take_call_back",
    "trust_key",
    "understand_evidence",
]
