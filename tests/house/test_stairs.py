"""The stairs: the import-linter contracts hold, and each is known to bite."""

import configparser
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]


def _lint(cwd: Path, *options: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", *options]
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, env={"PYTHONPATH": str(cwd), "PATH": "/usr/bin:/bin"}
    )


def test_the_stairs_hold():
    result = _lint(ROOT, "--no-cache")
    assert result.returncode == 0, result.stdout + result.stderr


def test_every_app_has_its_place_on_the_stairs():
    listed = {
        name.strip(" ()")
        for contract in CONTRACTS
        if contract["id"] == "stairs"
        for step in contract["layers"]
        for name in step.split("|")
    }
    apps = {path.name for path in (ROOT / "apps").iterdir() if (path / "__init__.py").exists()}
    assert apps <= listed
    rooms = next(contract for contract in CONTRACTS if contract["id"] == "rooms")
    assert {f"apps.{name}" for name in apps - {"core"}} <= set(rooms["containers"])


@pytest.fixture
def small_house(tmp_path):
    """A house of a few empty apps under the real contracts."""

    def build(files: dict[str, str]) -> Path:
        names = {"core", "accounts", "cmdb", "schedule", "approvals", "releases"}
        plan = {f"apps/{name}/__init__.py": "" for name in names} | {"apps/__init__.py": "", "config/__init__.py": ""}
        for name, text in (plan | files).items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        (tmp_path / ".importlinter").write_text(_as_ini(names))
        return tmp_path

    return build


def _as_ini(apps: set[str]) -> str:
    ini = configparser.ConfigParser()
    ini["importlinter"] = {"root_packages": "\napps\nconfig"}
    for contract in CONTRACTS:
        section = {name: value for name, value in contract.items() if name != "id"}
        if contract["id"] == "rooms":
            section["containers"] = [one for one in section["containers"] if one.removeprefix("apps.") in apps]
        ini[f"importlinter:contract:{contract['id']}"] = {
            name: "\n" + "\n".join(value) if isinstance(value, list) else str(value) for name, value in section.items()
        }
    lines = []
    for name in ini.sections():
        lines.append(f"[{name}]")
        for key, value in ini[name].items():
            lines.append(f"{key} = " + value.replace("\n", "\n    "))
    return "\n".join(lines) + "\n"


def test_an_empty_house_keeps_the_contracts(small_house):
    result = _lint(small_house({}), "--no-cache")
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("files", "broken"),
    [
        ({"apps/core/actor.py": "import apps.accounts"}, "stairs"),
        ({"apps/schedule/models.py": "import apps.approvals"}, "neighbours"),
        ({"apps/cmdb/models.py": "import apps.releases.models", "apps/releases/models.py": ""}, "upstairs"),
        ({"apps/gossip/__init__.py": ""}, "an app that is not listed"),
        ({"apps/core/tasks.py": "import config"}, "config"),
        ({"apps/releases/models.py": "import apps.releases.queries", "apps/releases/queries.py": ""}, "rooms"),
        ({"apps/releases/api.py": "import apps.releases.admin", "apps/releases/admin.py": ""}, "doors"),
        ({"apps/releases/actions/a.py": "import apps.releases.forms", "apps/releases/actions/__init__.py": "",
          "apps/releases/forms.py": ""}, "actions below forms"),
    ],
)  # fmt: skip
def test_a_step_uphill_breaks_the_build(small_house, files, broken):
    result = _lint(small_house(files), "--no-cache")
    assert result.returncode == 1, f"{broken}: {result.stdout}{result.stderr}"
    assert "BROKEN" in result.stdout or "not" in result.stdout, result.stdout
