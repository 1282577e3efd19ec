"""The demo: several hundred executions of real scripts on the local stack, each with the outcome that is expected of
it.
"""

from demo.director import Progress
from demo.display import DemoDisplay
from demo.playing import Outcome, play
from demo.post import NotSentError
from demo.reporting import report
from demo.workload import plan

__all__ = [
    "DemoDisplay",
    "NotSentError",
    "Outcome",
    "Progress",
    "plan",
    "play",
    "report",
]
