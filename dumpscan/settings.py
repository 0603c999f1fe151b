"""What the page shows beside the verdict: the box of settings with how each is known, and the sums of session view space."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from dumpscan.view_space import SMALLEST_LIMIT, possible_limits
from dumpscan.words import kb, session_name

Row = Mapping[str, Any]


def settings(
    scope: Row, platforms: Sequence[Row], views: Sequence[Row], tables: Mapping[str, Sequence[Row]]
) -> list[dict[str, Any]]:
    """Windows, heap sizes and the limit of view space of the machine and moment that the verdict is about, each with how it is known."""
    machine = scope["machine"]
    box = []
    for platform in platforms:
        if platform["machine"] == machine:
            mine = [row for row in tables["desktop_heaps"] if row["machine"] == machine]
            systems = [row for row in tables["systems"] if row["machine"] == machine and row["build"]]
            lines = [
                ("Windows", *_windows(platform, systems, scope["moment"])),
                ("Heap sizes", *_sizes(mine, platform)),
                ("Session view space", *_limit(platform, views, _printed(machine, tables["session_limits"]))),
            ]
            box += [{"label": label, "value": value, "how": how} for label, value, how in lines if value]
    return box


def _windows(platform: Row, systems: Sequence[Row], moment: str | None) -> tuple[str, str]:
    if systems:
        system = max(
            systems, key=lambda row: moment is not None and row["moment"] == moment
        )  # else the first: its uptime may be another
        facts = [
            system["os_name"],
            _server(system),
            f"build {system['build']}",
            system["service_pack"],
            platform["architecture"],
            f"up {system['uptime']}" if system["uptime"] else None,
        ]
        return ", ".join(fact for fact in facts if fact), f"banner, {system['file']}:{system['line']}"
    facts = [fact for fact in (platform["architecture"], platform["era"]) if fact]
    hows = [how for how in (platform["architecture_how"], platform["era_how"]) if how]
    return (
        (", ".join(facts), "told by " + " and ".join(hows)) if facts else ("not known", "no banner, no sizes that tell")
    )


def _server(system: Row) -> str | None:
    """Since 2016 only the product line tells a server from a client of the same name."""
    is_server = (system["product"] or "").startswith(("Server", "LanManNt"))
    return "Server" if is_server and "Server" not in (system["os_name"] or "") else None


def _sizes(heaps: Sequence[Row], platform: Row) -> tuple[str, str]:
    listed = {
        role: common[0][0]
        for role in ("interactive", "service")
        if (common := Counter(row["size_kb"] for row in heaps if row["role"] == role).most_common(1))
    }
    configured = {role: platform[f"configured_{role}_kb"] for role in ("interactive", "service")}
    if configured["interactive"] is None:
        return _in_words(listed), "as listed; the second and third SharedSection values were not seen"
    source = f"SharedSection {platform['sections_how']}, {platform['sections_file']}:{platform['sections_line']}"
    if all(listed[role] == configured[role] for role in listed):
        return _in_words(configured), f"as listed, and {source}" if listed else source
    return _in_words(listed), f"as listed; but {_in_words(configured)} by {source}"


def _in_words(sizes: Mapping[str, int]) -> str:
    return ", ".join(f"{role} {kb(size)}" for role, size in sizes.items())


def _printed(machine: str | None, limits: Sequence[Row]) -> dict[int, str]:
    """Each limit in KB that was printed for the machine, with its first place: also where no heaps were listed that it could be held against."""
    mine = [
        row for row in limits
        if row["machine"] == machine and row["limit"] == "view_space" and (row["kb"] or 0) >= SMALLEST_LIMIT
    ]  # fmt: skip
    return {row["kb"]: f"{row['origin']}, {row['file']}:{row['line']}" for row in reversed(mine)}


def _limit(platform: Row, views: Sequence[Row], anywhere: Mapping[int, str]) -> tuple[str, str]:
    mine = [view for view in views if view["machine"] == platform["machine"]]
    printed = next((view for view in mine if view["limit_kb"] is not None), None)
    if printed:
        return kb(printed["limit_kb"]), f"{printed['limit_origin']}, {printed['limit_file']}:{printed['limit_line']}"
    possible = _possible(platform)
    if not possible:
        return "no practical limit", "Vista and later grow it as needed"
    if anywhere:
        return " or ".join(kb(limit) for limit in sorted(anywhere)), "; ".join(
            anywhere[limit] for limit in sorted(anywhere)
        )
    if platform["configured_view_kb"] is not None:
        source = f"{platform['view_how']}, {platform['view_file']}:{platform['view_line']}"
        return kb(platform["configured_view_kb"]), f"{source}; the limit itself was not printed"
    return " or ".join(kb(limit) for limit in possible), "not in the logs; what this Windows can have"


def _possible(row: Row) -> list[int]:
    """The limits in KB that session view space can have there: what was configured, else what such a Windows can have."""
    limits = possible_limits(row["architecture"], row["era"])
    return [row["configured_view_kb"]] if limits and row["configured_view_kb"] is not None else list(limits)


def view_space(views: Sequence[Row]) -> list[dict[str, Any]]:
    """One entry a session and moment: the sum of its heaps, its limit, and how many more heaps fit."""
    told = []
    for view in views:
        limit, wanted = view["limit_kb"], view["next_kb"]
        keep = ("machine", "snapshot", "session", "heaps_kb", "interactive_kb", "service_kb", "fixed_kb", "desktops", "limit_kb", "limit_origin",
                "limit_file", "limit_line", "next_kb", "other_kb")  # fmt: skip
        told.append(
            {key: view[key] for key in keep}
            | {
                "possible_kb": [] if limit is not None else _possible(view),
                "fits": max(0, (limit - view["heaps_kb"]) // wanted) if limit is not None and wanted else None,
                "name": session_name(view["session"]),
            }
        )
    return told
