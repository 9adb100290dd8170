"""The picture of a measurement: bars of ratios to nginx, readable on light and on dark pages."""

from dataclasses import dataclass
from html import escape

WIDTH = 760
LABELS = 250  # of WIDTH, for what the bars are about
BAR = 14
GROUP_GAP = 16
TOP = 56
MOST = 4.0  # longer bars are cut, and say so by their number

STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1f2328; }
.title { font-size: 15px; font-weight: 600; }
.bellwether { fill: #0969da; } .haproxy { fill: #8c959f; } .one { stroke: #1f2328; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .bellwether { fill: #4493f8; } .haproxy { fill: #6e7681; } .one { stroke: #e6edf3; }
}
"""


@dataclass(frozen=True)
class Group:
    """What was measured, and each gateway's ratio to nginx."""

    title: str
    ratios: dict[str, float]


def text(x: float, y: float, words: str, extra: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" {extra}>{escape(words)}</text>'


def legend() -> list[str]:
    parts = [text(0, 16, "Relative to nginx as a reverse proxy; shorter is better", 'class="title"')]
    x = float(LABELS)
    for name in ("bellwether", "haproxy"):
        parts.append(f'<rect class="{name}" x="{x}" y="28" width="12" height="12" rx="2"/>')
        parts.append(text(x + 18, 39, name))
        x += 110
    return parts


def draw(groups: list[Group]) -> str:
    longest = max([1.2, *(min(value, MOST) for group in groups for value in group.ratios.values())])
    unit = (WIDTH - LABELS - 60) / longest
    parts, y = legend(), float(TOP)
    for group in groups:
        parts.append(text(LABELS - 10, y + len(group.ratios) * BAR / 2 + 5, group.title,
                          'text-anchor="end"'))
        for name, value in group.ratios.items():
            length = min(value, MOST) * unit
            parts.append(f'<rect class="{name}" x="{LABELS}" y="{y + 1:.1f}" '
                         f'width="{length:.1f}" height="{BAR - 2}" rx="2"/>')
            parts.append(text(LABELS + length + 6, y + BAR - 3, f"{value:.2f}"))
            y += BAR
        y += GROUP_GAP
    one = LABELS + unit
    parts.append(f'<line class="one" x1="{one:.1f}" x2="{one:.1f}" y1="{TOP - 6}" '
                 f'y2="{y - 8:.1f}" stroke-dasharray="4 3"/>')
    parts.append(text(one, y + 8, "nginx = 1", 'text-anchor="middle"'))
    height = y + 16
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" '
            f'role="img" aria-label="Costs relative to nginx">\n<style>{STYLE}</style>\n'
            + "\n".join(parts) + "\n</svg>\n")


def draw_lines(curves: dict[str, list[tuple[float, float]]]) -> str:
    """One small plot for each curve, one below the other, over the same seconds."""
    height, gap, left = 130, 46, 60
    last = max((points[-1][0] for points in curves.values() if points), default=1) or 1
    parts, y = [], 24.0
    for title, points in curves.items():
        most = max((value for _, value in points), default=1) or 1
        parts.append(text(left, y - 8, f"{title} (at most {most:,.0f})"))
        path = " ".join(f"{left + (WIDTH - left - 10) * second / last:.1f},"
                        f"{y + height * (1 - value / most):.1f}" for second, value in points)
        parts.append(f'<polyline points="{path}" class="line"/>')
        parts.append(f'<line class="one" x1="{left}" x2="{WIDTH - 10}" y1="{y + height}" '
                     f'y2="{y + height}"/>')
        y += height + gap
    parts.append(text(WIDTH - 10, y - gap + 18, f"{last:,.0f} s", 'text-anchor="end"'))
    style = STYLE + ".line { fill: none; stroke: #0969da; stroke-width: 1.5; }"
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y:.0f}" role="img">\n'
            f"<style>{style}</style>\n" + "\n".join(parts) + "\n</svg>\n")
