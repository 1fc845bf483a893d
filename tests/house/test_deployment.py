"""Production: Django's own deployment check is clean with the documented settings, and a careless start is refused."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTED = {
    "TIDEGATE_ENV": "production",
    "SECRET_KEY": "a-long-and-random-value-that-nobody-else-has-0123456789-abcdef",
    "ALLOWED_HOSTS": "tidegate.example.org",
    "TIDEGATE_BASE_URL": "https://tidegate.example.org",
}


@pytest.fixture
def check(tmp_path):
    def run(**environment: str) -> subprocess.CompletedProcess:
        kept = {"PATH": os.environ["PATH"], "TIDEGATE_VAR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "config.settings"}
        command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
        return subprocess.run(command, cwd=ROOT, env=kept | environment, capture_output=True, text=True)

    return run


def test_the_documented_settings_pass_the_deployment_check(check):
    result = check(**DOCUMENTED)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(
    "careless",
    [
        {"SECRET_KEY": None},
        {"ALLOWED_HOSTS": None},
        {"ALLOWED_HOSTS": "*"},
        {"DEBUG": "1"},
    ],
    ids=["the demo's key", "no list of hosts", "every host", "DEBUG"],
)
def test_production_refuses_a_careless_start(check, careless):
    environment = {name: value for name, value in (DOCUMENTED | careless).items() if value is not None}
    result = check(**environment)
    assert result.returncode != 0
    assert "will not start in production" in result.stderr
