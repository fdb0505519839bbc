"""Which of the project's packages are installed, and which of them can really be imported."""

import subprocess
import sys
from importlib.metadata import PackageNotFoundError, packages_distributions, requires, version

_PROJECT = "samesense"
_IMPORTS = """
import importlib, sys
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
        error = ""
    except Exception as exc:
        error = f"{type(exc).__name__}: {exc}".replace("\\n", " ")
    print(f"import\\t{name}\\t{error}", flush=True)
"""


def required_packages(extra: str = "") -> list[str]:
    """Return the distributions the project names: its own, or those that only an extra adds."""
    from packaging.requirements import Requirement

    names = []
    for line in requires(_PROJECT) or ():
        requirement = Requirement(line)
        marker = requirement.marker
        by_default = marker is None or marker.evaluate({"extra": ""})
        by_extra = marker is not None and not by_default and marker.evaluate({"extra": extra})
        if by_extra if extra else by_default:
            names.append(requirement.name)
    return names


def missing_packages(extra: str = "") -> list[str]:
    """Return the required distributions that are not installed."""
    missing = []
    try:
        names = required_packages(extra)
    except PackageNotFoundError:
        return [_PROJECT]
    for name in names:
        try:
            version(name)
        except PackageNotFoundError:
            missing.append(name)
    return missing


def modules_of_packages() -> list[str]:
    """Name the module that stands for each installed requirement: its shortest public one."""
    modules: dict[str, str] = {}
    for module, names in packages_distributions().items():
        if not module.startswith("_"):
            for name in map(_plain, names):
                modules[name] = min(modules.get(name, module), module, key=len)
    installed = set(required_packages()) - set(missing_packages())
    return sorted(modules[_plain(name)] for name in installed)


def broken_imports(modules: list[str]) -> dict[str, str]:
    """Import modules where a crash does no harm; return module → why it cannot be imported."""
    broken: dict[str, str] = {}
    while modules:
        done = run_python(_IMPORTS, *modules)
        said = [
            line.split("\t") for line in done.stdout.splitlines() if line.startswith("import\t")
        ]
        broken |= {name: error for _, name, error in said if error}
        modules = modules[len(said) :]
        if modules:  # Python ended before it could say anything about the next one
            broken[modules[0]] = f"its import ended Python with status {done.returncode}"
            modules = modules[1:]
    return broken


def run_python(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program in a Python of its own and return what it wrote."""
    command = [sys.executable, "-P", "-c", program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def _plain(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")
