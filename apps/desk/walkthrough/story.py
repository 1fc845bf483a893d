"""The main job, step by step. Each step prints what it did and what came of it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from apps.accounts.models import User
from apps.accounts.permissions import Role
from apps.core.clock import now
from apps.desk.walkthrough import papers
from apps.desk.walkthrough.crew import Crew
from apps.desk.walkthrough.house import Stopped, Visitor, newest_mail, wait_until

Say = Callable[[str], None]
LINK = re.compile(r"https?://\S+?(/approve/[\w-]+/)")
CODE = re.compile(r"\b(\d{6})\b")
SERVICES = ("service", "product", "application", "component", "api")


class Story:
    """One release on its way; each method is a step, in the order of `tell`."""

    def __init__(self, crew: Crew, files: papers.Papers, mails: Path, say: Say, passwords: dict[str, str]) -> None:
        self.crew, self.files, self.mails, self.say, self.passwords = crew, files, mails, say, passwords
        self.manager: Visitor = crew.visitor(Role.RELEASE_MANAGER)
        self.contributor: Visitor = crew.visitor(Role.CONTRIBUTOR)
        self.admin: Visitor = crew.visitor(Role.ADMINISTRATOR)
        self.artifact = files.artifact()
        self.number = int(time.time())

    def tell(self) -> str:
        """All of it. Returns the key of the closed release."""
        before = self._figures()
        for step in (
            self.import_catalog,
            self.create_release,
            self.choose_model,
            self.verify,
            self.approve,
            self.deploy,
            self.execute,
            self.check_the_release,
            self.review,
            self.close,
        ):
            step()
        self._moved(before)
        return self.key

    @property
    def path(self) -> str:
        return f"releases/{self.key}/"

    def import_catalog(self) -> None:
        run = self.manager.send_file("imports/", self.files.catalog, source="walkthrough", format="backstage")
        self.say(
            f"Catalog imported: {run['created']} created, {run['updated']} updated, {run['unchanged']} unchanged, "
            f"{len(run['rejected'])} rejected."
        )
        for fault in run["rejected"][:3]:
            self.say(f"  refused {fault['record']} ({fault['location']}): {fault['reason']}")
        found = self.manager.get("configuration-items/", source="walkthrough", page_size=500)["results"]
        ranked = [one for kind in SERVICES for one in found if one["ci_type"] == kind and one["owner"]]
        if not ranked:
            raise Stopped("The catalog holds no service, product, application, component or API that a team owns.")
        self.subject = ranked[0]
        self.component = self._component()
        told = self.manager.get(f"configuration-items/{self.subject['key']}/impact/", direction="affected")
        self.say(f"Released will be {self.subject['name']}; a change of it affects {len(told['nodes'])} other item(s).")

    def _component(self) -> dict[str, Any]:
        """The item that carries the artifact: known to GitHub by the repository that deploys it."""
        repository = (json.loads(self.files.deployment).get("repository") or {}).get("full_name", "").lower()
        known = self.manager.get("configuration-items/", external_id=repository)["results"] if repository else []
        if known:
            return known[0]
        names = [{"source": "github", "external_id": repository}] if repository else []
        body = {
            "name": f"{self.artifact.name} (artifact)",
            "ci_type": "component",
            "owner": self.subject["owner"],
            "identifiers": names,
        }
        return self.manager.post("configuration-items/", body)

    def create_release(self) -> None:
        owners = self.manager.get(f"teams/{self.subject['owner']}/members/")["results"]
        if not owners:
            owner = self.crew.person(Role.SERVICE_OWNER)
            self.admin.post(f"teams/{self.subject['owner']}/members/", {"username": owner.username})
            self.say(f"{owner} now speaks for the team {self.subject['owner']}, which had nobody.")
        health = {**self.subject["attributes"], "health_url": f"{self.crew.url}/healthz"}
        self.manager.patch(f"configuration-items/{self.subject['key']}/", {"attributes": health})
        environments = self.manager.get("environments/", is_production="true")["results"]
        if not environments:
            body = {"slug": "production", "name": "Production", "order": 3, "is_production": True}
            environments = [self.manager.post("environments/", body)]
        self.environment = environments[0]["slug"]
        release = self.manager.post(
            "releases/",
            {
                "title": f"{self.artifact.name} {self.artifact.version}"[:180],
                "version": self.artifact.version,
                "subject": self.subject["key"],
                "type": "minor",
                "environment": self.environment,
                "planned_start": (now() - timedelta(minutes=5)).isoformat(),
                "planned_end": (now() + timedelta(hours=6)).isoformat(),
                "expected_benefit": "Boats enter without waiting for the phone.",
                "back_out_plan": "Deploy the previous version again.",
                "components": [
                    {
                        "ci": self.component["key"],
                        "to_version": self.artifact.version,
                        "purl": self.artifact.purl,
                        "digest": self.artifact.digest,
                        "owner": self.subject["owner"],
                    }
                ],
            },
        )
        self.key = release["key"]
        self.say(f"{self.key} created: {release['title']}, for {self.environment}.")

    def choose_model(self) -> None:
        ranked = self.manager.get(f"{self.path}applicable-models/")
        for match in ranked:
            word, why = ("applies", match["matches"]) if match["applies"] else ("does not apply", match["misses"])
            self.say(f"  {match['model_version']} {word}: {' '.join(why)}")
        fitting = [one for one in ranked if one["applies"]] or ranked
        if not fitting:
            raise Stopped("No release model is published. Run `manage.py load_library` or `make demo`.")
        usual = next((one for one in fitting if one["model_version"].startswith("normal/")), fitting[0])
        release = self.manager.step(
            self.path, "apply_model", model_version=usual["model_version"], reason="The walkthrough needs one."
        )
        tasks = self.manager.get(f"{self.path}tasks/")["results"]
        path = self.manager.get(f"{self.path}critical-path/")
        self.say(f"{usual['model_version']} applied: {release['status']}, {len(tasks)} tasks.")
        self.say(f"  critical path: {' → '.join(task['slug'] for task in path)}")

    def verify(self) -> None:
        self.manager.step(self.path, "start_verification")
        for kind, content in (
            ("other", papers.checksums(self.artifact)),
            ("sbom", self.files.sbom),
            ("junit", papers.test_report()),
        ):
            stored = self.manager.send_file(
                f"{self.path}evidence/",
                content,
                kind=kind,
                component=self.component["key"],
                filename={"other": "SHA256SUMS", "sbom": "sbom.cdx.json", "junit": "junit.xml"}[kind],
            )
            self.say(f"  evidence {kind}: sha256:{stored['sha256'][:12]}…, understood as {stored['understood']}")
        self._sign_off("component", "procedure")
        wait_until("the checks of components and procedures", lambda: self._proven("component", "procedure"))
        for check in self.manager.get(f"{self.path}checks/")["results"]:
            if check["group"] != "release":
                detail = check["runs"][-1]["detail"] if check["runs"] else ""
                self.say(f"  check {check['slug']}: {check['status']}. {detail}")

    def _sign_off(self, *groups: str) -> None:
        for check in self.manager.get(f"{self.path}checks/")["results"]:
            if check["group"] in groups and check["kind"] == "manual" and check["status"] in ("pending", "running"):
                self.contributor.step(
                    f"{self.path}checks/{check['slug']}/", "sign_off", comment="I have seen it work in staging."
                )

    def _proven(self, *groups: str) -> bool:
        checks = [one for one in self.manager.get(f"{self.path}checks/")["results"] if one["group"] in groups]
        bad = [one for one in checks if one["required"] and one["status"] in ("failed", "error", "inconclusive")]
        if bad:
            raise Stopped(" ".join(f"{one['slug']} {one['status']}: {one['runs'][-1]['detail']}" for one in bad))
        return all(one["status"] in ("passed", "waived") for one in checks if one["required"])

    def approve(self) -> None:
        release = self.manager.step(self.path, "request_approval")
        self.say(f"Approval requested: {release['status']}, scope digest {release['scope_digest'][:12]}….")
        while release["status"] == "awaiting_approval":
            asked = self.manager.get(f"{self.path}approvals/")["results"][-1]
            needed = [one for one in asked["needed"] if one["is_open"] and not one["is_met"]]
            if not needed or not needed[0]["people"]:
                raise Stopped(f"Nobody can answer for {needed[0]['group'] if needed else 'the round'}.")
            self._answer_from_the_mail(User.objects.get(username=needed[0]["people"][0]), needed[0]["group"])
            release = self.manager.get(self.path)
        self.say(f"{self.key} is {release['status']}; the baseline for adherence is fixed.")

    def _answer_from_the_mail(self, person: User, group: str) -> None:
        text = wait_until(
            f"the mail to {person.email} in {self.mails}",
            lambda: _asking(newest_mail(self.mails, person.email, self.key)),
        )
        address = self.crew.url + LINK.search(text).group(1)
        with httpx.Client(timeout=60, follow_redirects=False) as browser:
            for _ in range(2):  # as a mail scanner would
                browser.get(address).raise_for_status()
            code = CODE.search(text.split("ode", 1)[-1]) if "ode" in text else None
            how = self._answer(browser, address, person, code.group(1) if code else "")
        self.say(f"  {person} ({group}) approved from the mail, {how}.")

    def _answer(self, browser: httpx.Client, address: str, person: User, code: str) -> str:
        page = browser.get(address).text
        if code and 'name="code"' in page:
            proof = "with the code typed from its text"
        else:
            self._sign_in(browser, person)
            page, code, proof = browser.get(address).text, "", "signed in"
        form = {
            "csrfmiddlewaretoken": _field(page, "csrfmiddlewaretoken"),
            "digest": _field(page, "digest"),
            "decision": "approve",
            "reason": "",
            "code": code,
        }
        answer = browser.post(address, data=form, headers={"Referer": address})
        if not answer.is_success:
            said = re.sub(r"<[^>]+>|\s+", " ", answer.text)
            raise Stopped(f"The approval page answered {answer.status_code}: {said[:400]}")
        return proof

    def _sign_in(self, browser: httpx.Client, person: User) -> None:
        password = self.passwords.get(person.username)
        if password is None:
            raise Stopped(f"{person} must decide with their own session, and this walkthrough does not know them.")
        address = f"{self.crew.url}/admin/login/"
        token = _field(browser.get(address).text, "csrfmiddlewaretoken")
        form = {"username": person.username, "password": password, "csrfmiddlewaretoken": token, "next": "/admin/"}
        answer = browser.post(address, data=form, headers={"Referer": address})
        if answer.status_code != 302:
            raise Stopped(f"{person} could not sign in.")

    def deploy(self) -> None:
        told = self.files.deployment_told(self.artifact, self.number)
        place = told["deployment"].get("environment") or self.environment
        slug = f"walkthrough-{self.number}"
        endpoint = {"slug": slug, "name": "Walkthrough", "kind": "github", "environments": {place: self.environment}}
        secret = self.admin.post("hook-endpoints/", endpoint)["secret"]
        tampered = self._hook(slug, "deployment", told, "x" * 32)
        self.say(f"A webhook with a wrong signature: {tampered}.")
        self.say(f"Webhook deployment: {self._hook(slug, 'deployment', told, secret)}.")
        done = papers.status_told(told, "success", now().isoformat())
        self.say(f"Webhook deployment_status success: {self._hook(slug, 'deployment_status', done, secret)}.")
        self.say(f"  the same again: {self._hook(slug, 'deployment_status', done, secret)} (a repeat changes nothing).")
        deployment = wait_until("the deployment", self._deployed)
        linked = self.manager.get(f"{self.path}deployments/")["results"]
        if deployment["key"] not in [one["key"] for one in linked]:
            self.manager.post(f"{self.path}deployments/", {"deployment": deployment["key"]})
        release = self.manager.get(self.path)
        self.say(
            f"{deployment['key']}: {deployment['ci']} {deployment['version']} is in {deployment['environment']}; "
            f"{self.key} is still {release['status']}: a deployment is not a release."
        )

    def _hook(self, slug: str, event: str, told: dict[str, Any], secret: str) -> int:
        body = json.dumps(told).encode()
        headers = {
            "Content-Type": "application/json",
            "X-GitHub-Event": event,
            "X-GitHub-Delivery": f"{self.number}-{event}",
            "X-Hub-Signature-256": papers.signature(secret, body),
        }
        return httpx.post(f"{self.crew.url}/hooks/{slug}/", content=body, headers=headers, timeout=60).status_code

    def _deployed(self) -> dict[str, Any] | None:
        found = self.manager.get("deployments/", ci=self.component["key"], status="success")["results"]
        return next((one for one in found if one["external_id"] == str(self.number)), None)

    def execute(self) -> None:
        gate = self.manager.get(f"{self.path}gate/", environment=self.environment)
        self.say(f"Gate: {gate['gate']}. {' '.join(one['message'] for one in gate['reasons'])}")
        release = self.manager.step(self.path, "start")
        self.say(f"Started: {release['status']}.")
        for _ in range(100):
            ready = [
                task
                for task in self.manager.get(f"{self.path}tasks/")["results"]
                if task["status"] == "ready" and task["phase"] != "back_out"
            ]
            if not ready:
                break
            doer = self.manager if ready[0]["role"] == "release_manager" else self.contributor
            for step in ("start", "finish"):
                doer.step(f"{self.path}tasks/{ready[0]['slug']}/", step)
            self.say(f"  task {ready[0]['slug']} done.")
        release = self.manager.get(self.path)
        self.say(f"{self.key} is {release['status']}; early-life support until {release['early_life_ends_at']}.")

    def check_the_release(self) -> None:
        for check in self.manager.get(f"{self.path}checks/")["results"]:
            if check["group"] == "release" and check["kind"] != "manual" and check["status"] == "pending":
                self.contributor.step(f"{self.path}checks/{check['slug']}/", "request")
        self._sign_off("release")
        wait_until("the checks of the released service", lambda: self._proven("release"))
        for check in self.manager.get(f"{self.path}checks/")["results"]:
            if check["group"] == "release":
                detail = check["runs"][-1]["detail"] if check["runs"] else ""
                self.say(f"  check {check['slug']}: {check['status']}. {detail}")

    def review(self) -> None:
        release = self.manager.step(self.path, "accept_early", comment="The walkthrough does not wait a day.")
        self.say(f"Review begun: {release['status']}.")
        review = wait_until("the review", lambda: self.manager.get("reviews/", release=self.key)["results"])[0]
        path = f"reviews/{review['key']}/"
        self.manager.step(path, "begin")
        self.manager.step(
            path,
            "submit",
            outcome="successful",
            what_went_well="Every gate opened when it was safe.",
            lessons="Keep the tide tables at hand.",
        )
        judge = self.crew.visitor(Role.SERVICE_OWNER)
        review = judge.step(path, "accept", comment="Agreed.")
        self.say(f"Review {review['status']}: {review['outcome']}.")

    def close(self) -> None:
        release = self.manager.step(self.path, "close")
        self.say(f"{self.key} is {release['status']} with outcome {release['outcome']}.")
        told = self.manager.get(f"{self.path}timeline/", page_size=500)["results"]
        self.say(f"  its timeline has {len(told)} entries; evidence pack sealed as {release['evidence_digest'][:19]}…")

    def _figures(self) -> dict[str, Any]:
        listed = self.manager.get("metrics/")
        return {one["id"]: one for one in (listed["results"] if isinstance(listed, dict) else listed)}

    def _moved(self, before: dict[str, Any]) -> None:
        self.say("The figures that moved:")
        for name, figure in self._figures().items():
            old = before.get(name, {})
            parts = ("value", "numerator", "denominator")
            if any(old.get(part) != figure.get(part) for part in parts):
                shown = " → ".join(
                    f"{one.get('value')} ({one.get('numerator')}/{one.get('denominator')})" for one in (old, figure)
                )
                self.say(f"  {name} {figure['title']}: {shown}")


def _asking(text: str) -> str:
    return text if LINK.search(text) else ""


def _field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page) or re.search(
        rf'value="([^"]*)"[^>]*name="{name}"', page
    )
    return found.group(1) if found else ""
