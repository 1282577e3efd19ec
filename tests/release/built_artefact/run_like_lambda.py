"""Runs one handler from the built artefact alone; started with -I and -S, so that only the standard library is there.

Standard input: {"path": [...], "event": ...}. Last line printed: {"result": ..., "foreign": [...], "compiled": ...}.
"""

import importlib
import json
import os
import sys


class Context:
    function_name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "built")
    function_version = "$LATEST"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:built"
    aws_request_id = "00000000-0000-0000-0000-000000000000"

    def get_remaining_time_in_millis(self) -> int:
        return 30_000


def main() -> None:
    order = json.load(sys.stdin)
    standard = tuple(sys.path)
    sys.path[:0] = order["path"]
    result = importlib.import_module("handler").lambda_handler(order["event"], Context())
    allowed = (*order["path"], *standard)
    files = {name: getattr(module, "__file__", None) or "" for name, module in sys.modules.items()}
    foreign = sorted(
        name for name, file in files.items() if file and name != "__main__" and not file.startswith(allowed)
    )
    compiled = os.path.exists(sys.modules["botocore.session"].__cached__)  # noqa: PTH110 - pathlib is not loaded by then
    print(json.dumps({"result": result, "foreign": foreign, "compiled": compiled}))  # noqa: T201 - the answer to the test


if __name__ == "__main__":
    main()
