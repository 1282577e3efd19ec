"""What moto keeps belongs to the process, not to a stack."""

from moto.core.base_backend import BackendDict
from moto.core.model_instances import reset_model_data

from local_stack.aws.moto_repairs import STATE


def reset_emulator() -> None:
    """Forget everything that may be left over from a stack before this one."""
    with STATE:
        BackendDict.reset()
        reset_model_data()
