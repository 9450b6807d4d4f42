"""The Python runtime of the deployed functions: what it finds around it, and how it tells an error.

AWS's runtime carries boto3; Poolwarden's functions bring their own, and must not depend on what is around.
"""

from __future__ import annotations

import json
import queue
import shlex
import shutil
import stat
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ministack.core import lambda_runtime

from simulator import function_code

if TYPE_CHECKING:
    from collections.abc import Iterable

_ENVIRONMENT = {"HOME": "/nonexistent", "LANG": "en_US.UTF-8", "PATH": "/usr/local/bin:/usr/bin:/bin", "TZ": ":UTC"}
"""What AWS sets alike everywhere (developer guide, "Defined runtime environment variables"), and no home to read
credentials from. A function's own variables come on top."""

_SCRIPT = """#!/bin/sh
unset {unset}
{settings} exec {interpreter} -I -S "$@"
"""

_TELL_ERROR = """
def _ms_error(error, module, handler, loading):
    import traceback
    kind, message, frames = type(error).__name__, str(error), traceback.extract_tb(error.__traceback__)[1:]
    if loading and isinstance(error, ImportError):
        kind, message = "Runtime.ImportModuleError", "Unable to import module '%s': %s" % (module, error)
    elif loading and isinstance(error, SyntaxError):
        kind, message = "Runtime.UserCodeSyntaxError", "Syntax error in module '%s': %s" % (module, error)
    elif loading and isinstance(error, AttributeError) and not frames:
        kind, message = "Runtime.HandlerNotFound", "Handler '%s' missing on module '%s'" % (handler, module)
    elif frames and frames[0].filename == json.__file__:
        kind, message = "Runtime.MarshalError", "Unable to marshal response: %s" % error
    trace = [] if kind.startswith("Runtime.") else traceback.format_list(frames)
    return json.dumps({"errorMessage": message, "errorType": kind, "stackTrace": trace})
"""
"""An error as AWS's runtime interface client (awslambdaric's bootstrap.py) tells it."""

_WORKER_ERRORS = {
    'json.dumps({"status": "error", "error": str(e)})': (
        'json.dumps({"status": "error", "error": _ms_error(e, module_name, handler_name, True)})'
    ),
    'json.dumps({"status": "error", "error": str(e), "trace": traceback.format_exc()})': (
        'json.dumps({"status": "error", "error": _ms_error(e, module_name, handler_name, False), '
        '"trace": traceback.format_exc()})'
    ),
}
"""How MiniStack's worker tells errors, and how it is to."""

_END_OF_LOG = "\0 end of the run's log"
"""The line by which a worker says that it has written all that a run logs. MiniStack waits for a silence of some
milliseconds, 50 where nothing is logged: that is most of a short run, and too short where the machine is busy."""

_LONGEST_LOG_SECONDS = 10.0
"""For the log of a run on a busy machine."""

_LOOK_SECONDS = 0.1
"""How often it is looked whether a worker that says nothing is still there."""

_AFTER_THE_RUN = "        _real_stdout.flush()\n\nrun()"

_INIT_FAILED = "Worker init failed: "
_DIED = "Worker process died"


class FunctionRuntime:
    """The bare interpreter, and the folder for it and for the functions' code, while the account is served."""

    def __init__(self) -> None:
        self._folder: Path | None = None

    def install(self, *, hidden: Iterable[str]) -> None:
        """Let MiniStack run Python functions on it; `hidden` are variables of this process that they must not see."""
        self._folder = Path(tempfile.mkdtemp(prefix="poolwarden-runtime-"))
        tempfile.tempdir = str(self._folder)  # MiniStack unpacks there, and leaves things behind when it is stopped
        function_code.install(lambda_runtime, self._folder)
        command = self._folder / "python"
        base = shutil.which(getattr(sys, "_base_executable", sys.executable)) or sys.executable
        settings = " ".join(f"{name}={shlex.quote(value)}" for name, value in _ENVIRONMENT.items())
        command.write_text(
            _SCRIPT.format(unset=" ".join(hidden), settings=settings, interpreter=shlex.quote(base)), encoding="utf-8"
        )
        command.chmod(command.stat().st_mode | stat.S_IXUSR)
        detect, worker = lambda_runtime._detect_runtime_binary, _worker()
        lambda_runtime._detect_runtime_binary = lambda runtime: (
            (str(command), worker) if runtime.startswith("python") else detect(runtime)
        )

        _read_logs_to_their_end(lambda_runtime.Worker)

    def remove(self) -> None:
        """Take it from the disk."""
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)


RUNTIME = FunctionRuntime()
"""The one of this process."""


def _worker() -> str:
    """MiniStack's worker, telling errors as AWS does."""
    script: str = lambda_runtime._PYTHON_WORKER_SCRIPT
    for theirs, ours in _WORKER_ERRORS.items():
        if theirs not in script:
            raise RuntimeError("MiniStack's worker tells errors otherwise than it did")
        script = script.replace(theirs, ours)
    if _AFTER_THE_RUN not in script:
        raise RuntimeError("MiniStack's worker ends a run otherwise than it did")
    end = f"        print({_END_OF_LOG!r}, file=sys.__stderr__, flush=True)\n"
    script = script.replace(_AFTER_THE_RUN, end + _AFTER_THE_RUN)
    return script.replace("\ndef run():", f"{_TELL_ERROR}\ndef run():", 1)


def _read_logs_to_their_end(worker: type[lambda_runtime.Worker]) -> None:
    """Let a Python worker's log be all that it wrote, as soon as it is there; one that died ends it by dying."""
    until_silent = worker._drain_stderr_bounded

    def drained(self: lambda_runtime.Worker, *arguments: float, **options: float) -> str:
        if not self.config.get("Runtime", "").startswith("python"):
            return str(until_silent(self, *arguments, **options))
        lines: list[str] = []
        deadline = time.monotonic() + _LONGEST_LOG_SECONDS
        while time.monotonic() < deadline:
            reading = self._stderr_thread.is_alive()
            try:
                line = self._stderr_queue.get(timeout=_LOOK_SECONDS if reading else 0)
            except queue.Empty:
                if reading:
                    continue
                break
            before, end, _ = line.partition(_END_OF_LOG)
            if before or not end:
                lines.append(before)
            if end:
                break
        return "\n".join(lines)

    worker._drain_stderr_bounded = drained


def error_payload(result: dict[str, Any]) -> dict[str, Any]:
    """What a failed run of a function answers: errorMessage, errorType and, if the function raised, stackTrace."""
    body = result.get("body")
    told = body if isinstance(body, dict) else {}
    message = str(told.get("errorMessage", body)).removeprefix(_INIT_FAILED)
    if message == _DIED:
        return {"errorMessage": "Runtime exited without providing a reason", "errorType": "Runtime.ExitError"}
    try:
        payload: dict[str, Any] = {"errorType": "Runtime.Unknown", "errorMessage": message, **json.loads(message)}
    except (ValueError, TypeError):
        return {"errorMessage": message, "errorType": str(told.get("errorType", "Runtime.Unknown"))}
    return payload
