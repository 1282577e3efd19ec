"""Real processes with real limits."""

import sys
import threading
import time
from pathlib import Path

import pytest

from local_worker.refusals import RuntimeUnavailableError
from local_worker.sandboxing.runtimes import argument_vector
from local_worker.sandboxing.sandbox import OUTPUT_CAP_BYTES, Limits, RunResult, Sandbox
from tests.tools.worker.samples import eventually

ROOMY = Limits(wall_seconds=20, memory_bytes=512 * 1024 * 1024, niceness=5)


def run(script: str, limits: Limits = ROOMY, command: str = "python") -> RunResult:
    return Sandbox(script.encode(), "main.script", limits).run(argument_vector([command], "main.script"))


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except OSError:
        return False


def test_output_and_exit_code_are_the_scripts_own() -> None:
    result = run("import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)")

    assert (result.exit_code, result.timed_out, result.killed) == (3, False, False)
    assert (bytes(result.stdout.kept), bytes(result.stderr.kept)) == (b"out\n", b"err\n")
    assert result.peak_memory_bytes > 0


def test_bash_runs_too() -> None:
    assert bytes(run("echo $((6 * 7))", command="bash").stdout.kept) == b"42\n"


def test_a_loop_ends_at_the_time_limit() -> None:
    begin = time.monotonic()
    # Time enough for an interpreter to start on a busy machine; nothing but the limit ever ends the loop.
    result = run("print('begun', flush=True)\nwhile True: pass", Limits(3, ROOMY.memory_bytes, 5))

    assert result.timed_out
    assert bytes(result.stdout.kept) == b"begun\n"
    assert time.monotonic() - begin >= 3


def test_a_script_that_closes_its_output_and_goes_on_is_still_limited() -> None:
    result = run("import os\nos.close(1); os.close(2)\nwhile True: pass", Limits(0.5, ROOMY.memory_bytes, 5))

    assert result.timed_out


def test_megabytes_are_counted_but_not_kept() -> None:
    result = run("import sys\nfor _ in range(3): sys.stdout.write('x' * 1048576)")

    assert (len(result.stdout.kept), result.stdout.total) == (OUTPUT_CAP_BYTES, 3 * 1048576)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not enforce a limit on address space")
def test_memory_beyond_the_limit_is_refused_to_the_script() -> None:
    script = "data = bytearray(200 * 1024 * 1024)\nprint('got it')"

    result = run(script, Limits(20, 100 * 1024 * 1024, 5))

    assert result.exit_code == 1
    assert b"MemoryError" in bytes(result.stderr.kept)


def test_the_script_sees_no_credentials_and_nothing_of_the_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary")
    script = "import os, importlib.util as u\nprint(sorted(os.environ), u.find_spec('local_stack'), os.environ)"

    output = run(script).stdout.kept.decode()

    assert "canary" not in output
    assert "None" in output


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs /proc to look at processes")
def test_children_that_the_script_left_behind_end_with_it() -> None:
    script = "import subprocess\nprint(subprocess.Popen(['sleep', '60']).pid, flush=True)"
    begin = time.monotonic()

    child = int(run(script).stdout.kept)

    assert time.monotonic() - begin < 40, "the child, which holds the output open, was not waited for"
    eventually(lambda: not alive(child), "the end of the child")


def test_kill_ends_a_running_script_and_its_directory_is_gone(tmp_path: Path) -> None:
    running = tmp_path / "running"
    script = f"import os, time\nprint(os.getcwd(), flush=True)\nopen({str(running)!r}, 'w').close()\ntime.sleep(600)"
    sandbox = Sandbox(script.encode(), "main.py", Limits(600, ROOMY.memory_bytes, 5))
    results: list[RunResult] = []
    thread = threading.Thread(target=lambda: results.append(sandbox.run(argument_vector(["python3"], "main.py"))))
    thread.start()
    eventually(running.exists, "the script's own word that it runs")
    assert sandbox.alive

    sandbox.kill()
    thread.join(60)

    assert results[0].killed
    assert not sandbox.alive
    folder = results[0].stdout.kept.decode().strip()
    assert folder
    assert not Path(folder).exists()


def test_a_sandbox_killed_before_it_runs_never_starts(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    sandbox = Sandbox(f"open({str(mark)!r}, 'w')".encode(), "main.py", ROOMY)
    sandbox.kill()

    result = sandbox.run(argument_vector(["python"], "main.py"))

    assert result.killed
    assert not mark.exists()


def test_metacharacters_in_the_command_are_data(tmp_path: Path) -> None:
    mark = tmp_path / "owned"
    argv = argument_vector(["python", "-c", "import sys; print(sys.argv[1:])", f"; touch {mark}", "$(id)"], "main.py")

    result = Sandbox(b"", "main.py", ROOMY).run(argv)

    assert "$(id)" in result.stdout.kept.decode()
    assert not mark.exists()


@pytest.mark.parametrize("command", [["ruby"], ["/opt/evil/pythonic"], ["sh", "-c"], []])
def test_a_runtime_that_is_not_here_is_refused(command: list[str]) -> None:
    with pytest.raises(RuntimeUnavailableError):
        argument_vector(command, "main.rb")


def test_a_run_costs_no_file_descriptors() -> None:
    fds = Path("/proc/self/fd")
    if not fds.exists():
        pytest.skip("needs /proc to count descriptors")
    run("pass")
    before = len(list(fds.iterdir()))

    for _ in range(3):
        run("pass")

    assert len(list(fds.iterdir())) == before
