"""A worker beside a local stack that another process keeps up."""

import json
import sys
from functools import partial
from pathlib import Path

from local_worker import PodNews, WorkerOptions, WorkerProcess
from sagactl.errors import NotUsableError
from sagactl.local.stop_signal import StopSignal
from sagactl.outlet import Output, tell
from stack_client import wait_for


def work_for(ready_file: Path, output: Output) -> None:
    """Until a signal ends it."""
    try:
        ready = json.loads(ready_file.read_text())
        options = WorkerOptions(
            aws_endpoint=ready["aws_endpoint"], region=ready["region"], event_bus=ready["event_bus"]
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NotUsableError(f"{ready_file} is of no local stack: start one with `sagactl local up`") from error
    with StopSignal() as stop:
        process = WorkerProcess(options, partial(_told, output))
        try:
            process.start()
            stop.settled()
            tell("the worker runs pods; Ctrl-C ends it")
            wait_for(stop.requested)
        except KeyboardInterrupt:
            return
        finally:
            process.stop()


def _told(output: Output, news: PodNews) -> None:
    if output is Output.JSON:
        sys.stdout.write(json.dumps({"execution_id": news.execution_id, "what": news.what}) + "\n")
        sys.stdout.flush()
        return
    tell(f"pod {news.execution_id}: {news.what}")
