"""Log lines in a file of their own, for whoever collects them."""

import subprocess
from pathlib import Path

from tests.stack_http import ask
from tests.stack_process import Server, command, environment, until


def test_the_file_has_the_same_lines_as_standard_error(tmp_path: Path) -> None:
    """A collector that reads the file misses nothing."""
    file = tmp_path / "lines.jsonl"
    with Server("api", tmp_path, LOG_FILE=file) as api:
        ask(api.ready().port, "GET /health")
        until(lambda: b"request.served" in file.read_bytes())
        api.stop()
        assert file.read_bytes() == api.log.read_bytes()


def test_a_file_that_cannot_be_written_is_said_in_a_sentence(tmp_path: Path) -> None:
    """The process does not start without the lines that somebody waits for."""
    file = tmp_path / "nowhere" / "lines.jsonl"
    settings = {"DATA": tmp_path, "LOG_FILE": file}
    done = subprocess.run(
        command("serve", "api"), env=environment(settings, {}), capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.strip().endswith(
        f"TALLYBOOK_LOG_FILE is {str(file)!r}: No such file or directory;"
        " choose a file that can be written"
    )
