"""One process tree: a dead child starts again, one signal ends all, nobody is left behind."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.waiting import until

ROOT = Path(__file__).resolve().parents[2]

CHILD = "import os, pathlib, signal, sys; folder = pathlib.Path(sys.argv[1]); (folder / str(os.getpid())).touch(); signal.pause()"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + CHILD
PARENT = """
import sys
from apps.core import supervisor
supervisor.RESTART_AFTER, supervisor.PATIENCE = 0.05, 1.0
folder, child = sys.argv[1:]
said = lambda text: print(text, flush=True)
sys.exit(supervisor.Supervisor({"worker": [sys.executable, "-c", child, folder]}, said).run())
"""


@pytest.fixture
def tree(tmp_path):
    """Starts a supervisor over one child that writes its process id into a folder."""
    started = []

    def start(child: str = CHILD) -> subprocess.Popen:
        command = [sys.executable, "-c", PARENT, str(tmp_path), child]
        started.append(subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True))
        return started[-1]

    yield start
    for one in started:
        one.kill()
    for pid in _pids(tmp_path):
        if _is_alive(pid):
            os.kill(pid, signal.SIGKILL)
    for one in started:
        one.communicate(timeout=10)


def _pids(folder: Path) -> list[int]:
    return [int(one.name) for one in sorted(folder.iterdir(), key=lambda one: one.stat().st_mtime_ns)]


def _is_alive(pid: int) -> bool:
    """A zombie that nobody has waited for yet is dead."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes through /proc")
class TestSupervisor:
    def test_a_killed_child_starts_again(self, tree, tmp_path):
        parent = tree()
        [first] = until(lambda: _pids(tmp_path), what="the first child")
        os.kill(first, signal.SIGKILL)
        _, second = until(lambda: len(_pids(tmp_path)) == 2 and _pids(tmp_path), what="the second child")
        assert _is_alive(second)
        assert parent.poll() is None

    @pytest.mark.parametrize("which", [signal.SIGTERM, signal.SIGINT])
    def test_one_signal_ends_all_in_order(self, tree, tmp_path, which):
        parent = tree()
        [child] = until(lambda: _pids(tmp_path), what="the child")
        parent.send_signal(which)
        assert parent.wait(timeout=10) == 0
        assert not _is_alive(child)

    def test_a_child_that_will_not_end_is_killed(self, tree, tmp_path):
        parent = tree(STUBBORN)
        [child] = until(lambda: _pids(tmp_path), what="the child")
        parent.send_signal(signal.SIGTERM)
        said, _ = parent.communicate(timeout=15)
        assert parent.returncode == 0
        assert not _is_alive(child)
        assert "it is killed" in said

    @pytest.mark.skipif(sys.platform != "linux", reason="the kernel's word to orphans is Linux's own")
    def test_a_killed_supervisor_leaves_no_orphan(self, tree, tmp_path):
        parent = tree()
        [child] = until(lambda: _pids(tmp_path), what="the child")
        parent.kill()
        parent.wait(timeout=10)
        until(lambda: not _is_alive(child), what="the end of the orphan")
