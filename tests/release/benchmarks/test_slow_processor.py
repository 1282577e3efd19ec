"""An on-demand Kafka batch comes to an end on a small share of a processor, as large as it may be asked for."""

import sys
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from tests.release.benchmarks.fresh_processes import ROOT
from tests.release.benchmarks.report import Report
from tests.release.benchmarks.throttled import on_a_share

RECORDS, SHARE = 5_000, 0.3


@pytest.mark.timing
@pytest.mark.skipif(sys.platform != "linux", reason="what a thread has used is read from /proc")
def test_five_thousand_requests_come_to_an_end(report: Report) -> None:
    template: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text())
    largest_batch = int(template["Parameters"]["KafkaBatchSize"]["MaxValue"])
    seconds = int(template["Resources"]["ExecutionRequestedFunction"]["Properties"]["Timeout"])

    deliveries = on_a_share(SHARE, RECORDS, largest_batch, seconds)

    done = sum(each["records"] for each in deliveries if each["acknowledged"])
    cpu, longest = sum(each["cpu"] for each in deliveries), max(each["seconds"] for each in deliveries)
    share = cpu / sum(each["seconds"] for each in deliveries)
    note = f"{len(deliveries)} deliveries, {cpu / RECORDS * 1000:.1f} ms CPU each, really {share:.2f} CPU"
    assert share < SHARE * 1.2, "it was not held to its share"
    assert report.exactly(
        f"{RECORDS:,} requests at {SHARE} CPU: acknowledged at the first delivery", RECORDS, done, note
    )
    assert report.at_most(f"{SHARE} CPU: longest batch of {largest_batch}, seconds", seconds, longest)
