"""The pipelines ran over this very commit, and are green."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

from django.utils.translation import gettext_lazy as _

from apps.verification.evidence.names import parsed_purl, same_version
from apps.verification.kinds import result
from apps.verification.kinds.kind import PartKind, object_of
from apps.verification.kinds.result import Result
from apps.verification.kinds.subject import Part, PipelineReport, Subject

GREEN = ("success", "neutral", "skipped")
COMMIT = re.compile(r"[0-9a-f]{7,64}")


class PipelineGreen(PartKind):
    """The commit is the one that the version or the purl (vcs_url=…@commit) names; a run on a tag counts for its version."""

    slug = "pipeline_green"
    title = _("Pipeline green")
    help = _("CI reported that its pipelines ran over the commit, or the tag, of this version, and none failed.")
    params = object_of(
        pipelines={
            "type": "array",
            "items": {"type": "string", "minLength": 1},
            "minItems": 1,
            "description": "Names, with * as a wildcard, of which each must have run; any run will do when not given.",
        }
    )
    reads = ("pipeline",)

    def judge_part(self, subject: Subject, part: Part) -> Result:
        runs = [run for run in subject.pipelines if run.part_key == part.key and is_run_of(run, part)]
        newest: dict[str, PipelineReport] = {}
        for run in sorted(runs, key=lambda one: one.at):
            newest[run.name] = run
        wanted = subject.params.get("pipelines")
        if wanted:
            newest = {name: run for name, run in newest.items() if any(fnmatchcase(name, one) for one in wanted)}
            missing = [one for one in wanted if not any(fnmatchcase(name, one) for name in newest)]
        else:
            missing = [] if newest else ["any pipeline"]
        return self._judge_runs(part, list(newest.values()), missing)

    @staticmethod
    def _judge_runs(part: Part, runs: list[PipelineReport], missing: list[str]) -> Result:
        kept = {"pipelines": {run.name: run.conclusion or "running" for run in runs}}
        red = [run for run in runs if run.conclusion and run.conclusion not in GREEN]
        if red:
            named = ", ".join(f"{run.name} ({run.conclusion})" for run in red)
            return result.failed(f"{part.label}: not green: {named}.", **kept)
        if missing:
            said = f"{part.label}: no run of {', '.join(missing)} over its commit is known."
            return result.no_data(said, **kept)
        running = [run.name for run in runs if not run.conclusion]
        if running:
            return result.inconclusive(f"{part.label}: still running: {', '.join(running)}.", **kept)
        return result.passed(
            f"{part.label}: {', '.join(run.name for run in runs)} green on {runs[0].commit[:12]}.", **kept
        )


def is_run_of(run: PipelineReport, part: Part) -> bool:
    """Whether the run was over the commit that the component names, or on the tag of its version."""
    commit = commit_of(part)
    if commit:
        return run.commit.startswith(commit)
    return same_version(run.ref.removeprefix("refs/tags/"), part.version)


def commit_of(part: Part) -> str:
    """The commit that the component names, if it names one."""
    purl = parsed_purl(part.purl)
    named = str((purl.qualifiers or {}).get("vcs_url", "")).rpartition("@")[2] if purl else ""
    return next((one for one in (named.lower(), part.version.lower()) if COMMIT.fullmatch(one)), "")
