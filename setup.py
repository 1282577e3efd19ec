"""What goes into the wheel, which a declaration cannot say: every package of every room, and the project's own files.

`sagactl local up` runs the real template, with the functions' folders beside it. They are taken from where they stand,
so nothing lies in the repository twice; the layers' code is the installed packages themselves.
"""

from setuptools import find_namespace_packages, setup

ROOMS = ("layers/saga_orchestrator", "infra")
NO_PACKAGES = ("*.egg-info*", "build*")
PROJECT = "sagactl.project"

placed = {name: room for room in ROOMS for name in find_namespace_packages(room, exclude=NO_PACKAGES)}

setup(
    packages=[*placed, PROJECT],
    package_dir={name: f"{room}/{name.replace('.', '/')}" for name, room in placed.items() if "." not in name}
    | {PROJECT: "."},
    package_data={
        "": ["py.typed", "*.txt", "*.sh"],
        "kubernetes_worker": ["manifests/*.yaml", "Dockerfile"],
        PROJECT: [
            "template.yaml",
            "functions/*/*.py",
            "functions/console/site/*",
            "functions/console/licences/*",
            "layers/*/Makefile",
            "layers/dependencies/requirements.txt",
        ],
    },
    include_package_data=False,
)
