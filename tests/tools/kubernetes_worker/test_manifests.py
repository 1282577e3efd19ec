"""What is asked of Kubernetes: Jobs that harm nobody, and a Deployment with the least rights."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kubernetes_worker.commands import Create, Malformed, parse
from kubernetes_worker.jobs import LABELS, barred, job, name_of, secret
from saga_testing.worker_contract.commands import create_command, delete_command
from tests.tools.kubernetes_worker.rig import manifests

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)


def create(**changes: Any) -> Create:
    expires = {"expires_at": (NOW + timedelta(minutes=5)).isoformat()}
    command = parse(create_command("Ex_1", b"print(1)", **{**expires, **changes}))
    assert isinstance(command, Create)
    return command


def named(kind: str, name: str) -> dict[str, Any]:
    return next(each for each in manifests() if (each["kind"], each["metadata"]["name"]) == (kind, name))


def test_a_pod_has_no_rights_and_no_writable_root() -> None:
    pod = job(create(), NOW)["spec"]["template"]["spec"]
    (container,) = pod["containers"]

    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert {each["name"]: each.get("readOnly", False) for each in container["volumeMounts"]} == {
        "script": True,
        "scratch": False,
    }


def test_what_the_command_asks_for_is_what_the_job_asks_for() -> None:
    command = create(priority="high", cpu_limit="2", memory_request="32Mi", timeout_seconds=60)
    spec = job(command, NOW)["spec"]
    pod = spec["template"]["spec"]

    assert pod["priorityClassName"] == "execution-high"
    assert pod["containers"][0]["resources"] == {
        "limits": {"cpu": "2", "memory": "256Mi"},
        "requests": {"cpu": "50m", "memory": "32Mi"},
    }
    assert (spec["backoffLimit"], pod["restartPolicy"]) == (0, "Never")
    assert pod["activeDeadlineSeconds"] == 5 * 60 + 60 + 60, "time to start, to run, and a minute"
    assert spec["activeDeadlineSeconds"] > pod["activeDeadlineSeconds"], "which would take the pod's log with it"
    assert spec["ttlSecondsAfterFinished"] >= 5 * 60, "the name is taken for as long as a create may come"


def test_words_of_the_command_are_data_to_kubernetes_too() -> None:
    container = job(create(runtime_command=["python", "$(HOME) $$ $x"]), NOW)["spec"]["template"]["spec"]["containers"][
        0
    ]

    assert container["command"] == ["python", "$$(HOME) $$$$ $$x", "main.py"]
    assert "args" not in container


def test_the_name_derives_from_the_execution_alone() -> None:
    other = create(message_id="another", timeout_seconds=1)

    assert job(create(), NOW)["metadata"]["name"] == job(other, NOW)["metadata"]["name"] == name_of("Ex_1")
    assert name_of("Ex_1") != name_of("ex_1")
    assert len(name_of("x" * 64)) <= 63, "a Job's name becomes a label of its pods"
    assert barred("Ex_1", NOW)["metadata"]["name"] == name_of("Ex_1")


def test_the_script_goes_with_its_job() -> None:
    made = secret(create(), b"print(1)", {"name": "j", "uid": "u-1"})

    assert made["data"] == {"main.py": "cHJpbnQoMSk="}
    assert made["metadata"]["ownerReferences"] == [{"apiVersion": "batch/v1", "kind": "Job", "name": "j", "uid": "u-1"}]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"expires_at": "soon"}, "create: expires_at"),
        ({"timeout_seconds": 0}, "create: timeout_seconds"),
        ({"runtime_filename": "../x"}, "create: runtime_filename"),
        ({"runtime_command": []}, "create: runtime_command"),
        ({"script_ref": {"bucket": "b"}}, "create: script_ref.key, script_ref.sha256, script_ref.size"),
        ({"message_version": "2.0"}, "create: message_version"),
    ],
)
def test_a_malformed_command_is_told_by_its_fields(change: dict[str, Any], told: str) -> None:
    with pytest.raises(Malformed, match=f"^{told}$"):
        parse(create_command("ex-1", b"secret words") | change)


def test_what_is_no_command_of_a_worker_is_left_alone() -> None:
    assert parse({"message_type": "SAGA_STARTED"}) is None
    assert parse(delete_command("ex-1")) is not None
    with pytest.raises(Malformed, match="no JSON object"):
        parse(None)


# -- the Deployment


def test_the_worker_runs_with_no_more_than_its_role() -> None:
    deployment = named("Deployment", "saga-kubernetes-worker")["spec"]["template"]["spec"]
    (container,) = deployment["containers"]
    binding = named("RoleBinding", "saga-kubernetes-worker")

    assert not [each for each in manifests() if each["kind"].startswith("Cluster")]
    assert binding["roleRef"]["kind"] == "Role"
    assert deployment["serviceAccountName"] == binding["subjects"][0]["name"]
    assert deployment["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["command"][-1] == "kubernetes_worker"


def test_executions_reach_nobody() -> None:
    policy = named("NetworkPolicy", "executions")["spec"]

    assert policy["podSelector"]["matchLabels"].items() <= LABELS.items()
    assert {*policy["policyTypes"]} == {"Ingress", "Egress"}
    assert not policy.get("egress")
    assert not policy.get("ingress")


def test_every_priority_has_its_class() -> None:
    classes = {each["metadata"]["name"]: each["value"] for each in manifests() if each["kind"] == "PriorityClass"}

    wanted = [f"execution-{name}" for name in ("critical", "high", "normal", "low", "background")]
    assert sorted(classes, key=lambda name: -classes[name]) == wanted
