"""The main job, step by step. Each step does its part through the API and says what came of it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from apps.core.clock import now
from apps.desk.walkthrough import mailbox
from apps.desk.walkthrough.client import Api, Refused, send_hook, wait_for
from apps.desk.walkthrough.figures import moved
from apps.desk.walkthrough.inputs import Inputs, green_tests
from apps.desk.walkthrough.people import Walkers

SOURCE = "walkthrough"
LIKELY_SUBJECTS = ("service", "product", "application", "component", "api")
USUAL_MODEL = "normal"  # it asks for the most that a walkthrough can show; another is taken where it does not apply
SETTLED = {"passed", "waived", "failed", "error", "inconclusive"}
Say = Callable[[str], None]


class Walk:
    """One release from the catalog to the figures."""

    def __init__(self, api: Api, walkers: Walkers, inputs: Inputs, mail: Path, *, title: Say, say: Say) -> None:
        self.api, self.walkers, self.inputs, self.mail = api, walkers, inputs, mail
        self.judge = Api(api.url, walkers.judge_token)
        self.title, self.say = title, say
        self.subject = self.component = self.key = ""
        self.figures: dict[str, Any] = {}

    def go(self) -> str:
        """Walk all of it. Returns the key of the closed release."""
        steps = [
            ("Import the catalog", self.import_catalog),
            ("Say what is released, and who owns it", self.know_component),
            ("Create the release", self.create_release),
            ("Ask which models apply, and why", self.choose_model),
            ("Look at the plan", self.show_plan),
            ("Bring the evidence and run the checks", self.prove),
            ("Ask for approval", self.ask),
            ("Approve by the e-mailed link", self.approve),
            ("Start: the gate opens", self.start),
            ("Deploy, reported by a signed webhook", self.deploy),
            ("Execute the tasks", self.execute),
            ("Verify the released service", self.verify),
            ("Review", self.review),
            ("Close", self.close),
            ("The figures that moved", self.show_figures),
        ]
        self.figures = self._read_figures()
        for number, (name, step) in enumerate(steps, start=1):
            self.title(f"{number:>2}/{len(steps)}  {name}")
            step()
        return self.key

    # --- the CMDB ---------------------------------------------------------------------------------------------------

    def import_catalog(self) -> None:
        run = self.api.upload(
            "imports/",
            self.inputs.catalog,
            source=SOURCE,
            format=self.inputs.catalog_format,
            filename=self.inputs.catalog_name,
        )
        self.say(
            f"{self.inputs.catalog_name}: {run['created']} created, {run['updated']} updated, {run['unchanged']} unchanged, "
            f"{len(run['rejected'])} rejected, {run.get('unresolved', 0)} references unresolved"
        )
        for line in run["rejected"][:5]:
            self.say(f"rejected {line['record']} ({line['location']}): {line['reason']}")
        self.subject = self._choose_subject()

    def _choose_subject(self) -> str:
        found = self.api.find("configuration-items/", source=SOURCE, page_size=500)
        items = sorted(found, key=lambda item: (_rank(item["ci_type"]), item["key"]))
        if not items or _rank(items[0]["ci_type"]) == len(LIKELY_SUBJECTS):
            raise LookupError(
                "The catalog brought nothing that can be released: no service, product, application or component."
            )
        self.say(f"to be released: {items[0]['name']} ({items[0]['ci_type']} {items[0]['key']})")
        return items[0]["key"]

    def know_component(self) -> None:
        artifact, repository = self.inputs.artifact, self.inputs.deployed.repository
        known = self.api.find("configuration-items/", source=SOURCE, external_id=f"artifact:{artifact.name}")
        identifiers = [{"source": SOURCE, "external_id": f"artifact:{artifact.name}"}]
        if repository and not self.api.find("configuration-items/", source="github", external_id=repository):
            identifiers.append({"source": "github", "external_id": repository})
        if known:
            self.component = known[0]["key"]
        else:
            body = {
                "name": artifact.name,
                "ci_type": "component",
                "owner": self.walkers.team,
                "identifiers": identifiers,
            }
            self.component = self.api.post("configuration-items/", body)["key"]
            relation = {"source": self.subject, "type": "depends-on", "target": self.component}
            self.api.post("relationships/", relation)
        health = {"health_url": f"{self.api.url}/healthz"}
        item = self.api.get(f"configuration-items/{self.subject}/")
        change = {"attributes": {**item["attributes"], **health}}
        if item.get("owner") is None:
            change["owner"] = self.walkers.team
        self.api.patch(f"configuration-items/{self.subject}/", change)
        self.say(f"{self.component} {artifact.version} is part of it; team {self.walkers.team} answers for it")
        reach = self.api.get(f"configuration-items/{self.component}/impact/", direction="affected", depth=10)
        names = ", ".join(node["name"] for node in reach["nodes"][:6] if node["key"] != self.component)
        self.say(f"a change of it affects {names or 'nothing else'}")

    # --- the release --------------------------------------------------------------------------------------------------

    def create_release(self) -> None:
        artifact = self.inputs.artifact
        if not self.api.exists("environments/production/"):
            body = {"slug": "production", "name": "Production", "order": 9, "is_production": True}
            self.api.post("environments/", body)
        start = now() - timedelta(minutes=1)
        release = self.api.post(
            "releases/",
            {
                "title": f"Walkthrough of {artifact.name}"[:200],
                "version": artifact.version,
                "subject": self.subject,
                "type": "minor",
                "environment": "production",
                "components": [
                    {
                        "ci": self.component,
                        "to_version": artifact.version,
                        "purl": artifact.purl,
                        "digest": artifact.digest,
                        "owner": self.walkers.team,
                    }
                ],
                "planned_start": start.isoformat(),
                "planned_end": (start + timedelta(hours=2)).isoformat(),
                "expected_benefit": "Shows that a release goes through from end to end.",
                "back_out_plan": "Deploy the version before.",
            },
        )
        self.key = release["key"]
        self.say(f"{self.key}: {release['title']} {release['version']}, {release['status']}")

    @property
    def path(self) -> str:
        return f"releases/{self.key}/"

    def choose_model(self) -> None:
        matches = self.api.get(f"{self.path}applicable-models/")
        matches = matches["results"] if isinstance(matches, dict) else matches
        for match in matches:
            why = match["matches"] if match["applies"] else match["misses"]
            self.say(f"{'applies' if match['applies'] else 'does not'}: {match['model']}: {' '.join(why[:3])}")
        applying = [match for match in matches if match["applies"]]
        usual = [match for match in applying if match["model"].startswith(f"{USUAL_MODEL}/")]
        best = (usual or applying or matches)[0]
        reason = {} if best["applies"] else {"reason": "The nearest of those there are."}
        release = self.api.step(self.path, "apply_model", model_version=best["model"], **reason)
        self.say(f"chosen: {best['model']}; the release is now {release['status']}")

    def show_plan(self) -> None:
        for task in self.api.find(f"{self.path}tasks/", page_size=100):
            needs = f" after {', '.join(task['depends_on'])}" if task.get("depends_on") else ""
            self.say(f"{task['phase']:<9} {task['title']} ({task['role']}){needs}")

    # --- proof --------------------------------------------------------------------------------------------------------

    def prove(self) -> None:
        artifact = self.inputs.artifact
        papers = [("sbom", self.inputs.sbom), ("junit", green_tests())]
        if not artifact.is_stated:
            self.say("the bill of materials states no digest of its subject; a checksum list is brought along")
            papers.append(("other", artifact.checksums))
        for kind, content in papers:
            stored = self.api.upload(f"{self.path}evidence/", content, kind=kind, component=self.component)
            understood = (stored.get("understood") or {}).get("summary", "")
            self.say(f"{kind}: sha256 {stored['sha256'][:12]}… {understood}")
        release = self.api.step(self.path, "start_verification", "The plan is complete.")
        self.say(f"the release is now {release['status']}")
        self._settle_checks(("component", "procedure"))

    def _settle_checks(self, groups: tuple[str, ...]) -> None:
        """Wait for what machines prove, sign off what people prove, waive with a reason what nobody can here."""
        for check in self._checks(groups):
            if check["kind"] == "manual":
                self.api.step(f"{self.path}checks/{check['slug']}/", "sign_off", "Looked at it in the walkthrough.")
        wait_for(lambda: all(one["status"] in SETTLED for one in self._checks(groups)), "The result of the checks")
        for check in self._checks(groups):
            if check["required"] and check["status"] not in ("passed", "waived") and check["waivable_by"]:
                until = (now() + timedelta(hours=4)).isoformat()
                reason = "The walkthrough has nothing that could prove it."
                self.api.step(f"{self.path}checks/{check['slug']}/", "waive", reason, until=until)
        for check in self._checks(groups):
            said = check["runs"][-1]["detail"] if check.get("runs") else ""
            self.say(f"{check['status']:<8} {check['title']}. {said[:110]}")

    def _checks(self, groups: tuple[str, ...]) -> list[dict[str, Any]]:
        return [one for one in self.api.find(f"{self.path}checks/", page_size=200) if one["group"] in groups]

    # --- approval -------------------------------------------------------------------------------------------------------

    def ask(self) -> None:
        release = self.api.step(self.path, "request_approval", "Ready to be decided.")
        self.say(f"the release is now {release['status']}, scope {release['scope_digest'][:19]}…")
        for need in self._needs():
            self.say(f"{need['group']} needs {need['needed']} more: {', '.join(need['people'][:4])}")

    def _needs(self) -> list[dict[str, Any]]:
        rounds = self.api.find(f"{self.path}approvals/")
        return [need for need in rounds[-1].get("needs") or [] if not need["is_met"]] if rounds else []

    def _status(self) -> str:
        return self.api.get(self.path)["status"]

    def approve(self) -> None:
        if self._status() != "awaiting_approval":
            self.say("pre-authorised by the model: nobody needs to be asked")
            return
        wait_for(lambda: mailbox.questions(self.mail, self.key), f"A mail about {self.key} in {self.mail}")
        answered: set[str] = set()
        while self._status() == "awaiting_approval":
            question = wait_for(lambda: self._unanswered(answered), "Another mail that asks for approval")
            answered.add(question.to)
            self._answer(question)
        self.say(f"the release is now {self._status()}")

    def _unanswered(self, answered: set[str]) -> mailbox.Question | None:
        return next((one for one in mailbox.questions(self.mail, self.key) if one.to not in answered), None)

    def _answer(self, question: mailbox.Question) -> None:
        with mailbox.browser_at(self.api.url) as browser:
            fields = mailbox.look(browser, question)
            empty = mailbox.decide(browser, question, fields, code="")
            self.say(f"{question.to} opens the link; the form without the code is refused ({empty.status_code})")
            decided = mailbox.decide(browser, question, fields, code=question.code)
            if decided.is_error:
                self.say(f"{question.to} is not needed any more ({decided.status_code})")
            else:
                self.say(f"{question.to} approves with the code from the mail")

    # --- execution ------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        self._show_gate()
        release = self.api.step(self.path, "start", "Walkthrough.")
        self.say(f"the release is now {release['status']}")
        self._show_gate()

    def _show_gate(self) -> None:
        gate = self.api.get(f"{self.path}gate/", environment="production")
        self.say(f"gate: {gate['gate']}" + "".join(f"; {one['message']}" for one in gate["reasons"][:3]))

    def deploy(self) -> None:
        deployed = self.inputs.deployed
        slug = f"walkthrough-{uuid.uuid4().hex[:8]}"
        table = {deployed.environment: "production"}
        endpoint = self.api.post("hook-endpoints/", {"slug": slug, "kind": "github", "environments": table})
        secret = endpoint["secret"]
        try:
            send_hook(self.api.url, slug, deployed.event, deployed.payload, "not-the-secret-0000")
        except Refused as refusal:
            self.say(f"a wrong signature is refused ({refusal.http_status})")
        delivery, status = send_hook(self.api.url, slug, deployed.event, deployed.payload, secret)
        self.say(f"{deployed.event} of {deployed.repository or 'an unnamed repository'} delivered ({status})")
        found = self._matched(slug, delivery)
        if not deployed.has_succeeded:
            delivery, status = send_hook(self.api.url, slug, "deployment_status", deployed.success(_stamp()), secret)
            self.say(f"deployment_status success of the same deployment delivered ({status})")
            found = self._matched(slug, delivery)
        self.api.patch(f"hook-endpoints/{slug}/", {"is_enabled": False})
        self._link(found)

    def _matched(self, slug: str, delivery: str) -> dict[str, Any]:
        def ask() -> dict[str, Any] | None:
            rows = self.api.find("hook-deliveries/", endpoint=slug, delivery_id=delivery)
            return rows[0] if rows and rows[0]["status"] not in ("received", "pending") else None

        return wait_for(ask, "The reading of the webhook")

    def _link(self, delivery: dict[str, Any]) -> None:
        if not delivery.get("deployment"):
            self.say(f"it was not matched: {delivery['result']}")
            return
        deployment = self.api.get(f"deployments/{delivery['deployment']}/")
        if self.key not in deployment["releases"]:
            body = {"deployment": deployment["key"], "comment": "Reported while this release was under way."}
            deployment = self.api.post(f"{self.path}deployments/", body)
        self.say(
            f"{deployment['key']}: {deployment['ci']} {deployment['version'][:16]} → {deployment['environment']}, "
            f"{deployment['status']}; the release is still {self._status()}"
        )

    def execute(self) -> None:
        while task := self._next_task():
            place = f"{self.path}tasks/{task['slug']}/"
            if task["status"] == "ready":
                self.api.step(place, "start")
            self.api.step(place, "finish", "Done in the walkthrough.")
            self.say(f"done: {task['title']}")
        self.say(f"the release is now {self._status()}")

    def _next_task(self) -> dict[str, Any] | None:
        tasks = self.api.find(f"{self.path}tasks/", page_size=100)
        wanted = [one for one in tasks if one["phase"] != "back_out" and one["status"] in ("ready", "in_progress")]
        return wanted[0] if wanted else None

    def verify(self) -> None:
        self._settle_checks(("release",))

    # --- looking back ---------------------------------------------------------------------------------------------------

    def review(self) -> None:
        try:
            release = self.api.step(self.path, "begin_review")
        except Refused as refusal:
            if "early_life" not in refusal.codes:
                raise
            self.say(f"early-life support is not over; accepted early, for a reason ({refusal.http_status})")
            release = self.api.step(self.path, "accept_early", "A walkthrough does not wait for a day.")
        self.say(f"the release is now {release['status']}")
        place = f"{self.path}review/"
        wait_for(lambda: self.api.exists(place), "The review")
        self.api.step(place, "begin")
        lessons = {
            "outcome": "successful",
            "what_went_well": "Every step, once.",
            "lessons": "It can be done in a minute.",
        }
        self.api.step(place, "submit", **lessons)
        self.say("written by the release manager: successful")
        accepted = self.judge.step(place, "accept", "Read and agreed.")
        self.say(f"{accepted['status']} by {self.walkers.judge}, who stands apart")

    def close(self) -> None:
        release = self.api.step(self.path, "close")
        self.say(f"{self.key} is {release['status']}: {release['outcome']}; availability {release['availability']}")
        entries = self.api.find(f"{self.path}timeline/", page_size=500)
        self.say(
            f"its timeline has {len(entries)} entries; the evidence pack is at {self.api.url}/api/v1/{self.path}evidence-pack/"
        )

    def show_figures(self) -> None:
        for line in moved(self.figures, self._read_figures()):
            self.say(line)

    def _read_figures(self) -> dict[str, Any]:
        answer = self.api.get("metrics/")
        rows = answer["results"] if isinstance(answer, dict) else answer
        return {row["id"]: row for row in rows}


def _rank(ci_type: str) -> int:
    return LIKELY_SUBJECTS.index(ci_type) if ci_type in LIKELY_SUBJECTS else len(LIKELY_SUBJECTS)


def _stamp() -> str:
    return f"{now():%Y-%m-%dT%H:%M:%SZ}"
