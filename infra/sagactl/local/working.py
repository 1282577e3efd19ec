"""A worker beside a local stack that another process keeps up."""

import json
from pathlib import Path

from local_worker import PodNews, WorkerOptions, WorkerProcess
from sagactl.errors import NotUsableError
from sagactl.local.stop_signal import StopSignal
from sagactl.outlet import tell


def work_for(ready_file: Path) -> None:
    """Until a signal ends it."""
    try:
        ready = json.loads(ready_file.read_text())
        options = WorkerOptions(
            aws_endpoint=ready["aws_endpoint"], region=ready["region"], event_bus=ready["event_bus"]
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NotUsableError(f"{ready_file} is of no local stack: start one with `sagactl local up`") from error
    with StopSignal() as stop:
        process = WorkerProcess(options, _told)
        try:
            process.start()
            stop.settled()
            tell("the worker runs pods; Ctrl-C ends it")
            stop.requested.wait()
        except KeyboardInterrupt:
            return
        finally:
            process.stop()


def _told(news: PodNews) -> None:
    tell(f"pod {news.execution_id}: {news.what}")
