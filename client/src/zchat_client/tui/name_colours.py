"""The colours of people's names, for each painted theme.

Sixteen each, found by taking again and again the colour farthest from those taken (in OKLab, the theme's own text among
them) of all that are readable on the theme's ground: by hue alone a dozen are as like each other as two greens.
"""

from typing import Final

DARK: Final = (
    "#b9c593", "#e145e1", "#3a8cdf", "#e26250", "#1ba41b", "#45e145", "#bf99e6", "#24c4db",
    "#958d50", "#ef9c9c", "#e1e145", "#199a9a", "#c76ba4", "#20c587", "#dd9c2f", "#9d70e8",
)  # fmt: skip
LIGHT: Final = (
    "#943894", "#158415", "#2424db", "#db2424", "#70461c", "#c520c5", "#3e3e74", "#0e580e",
    "#7450e2", "#791446", "#9a6919", "#3a6c5f", "#661daf", "#a6596c", "#1d78af", "#a41b1b",
)  # fmt: skip
CONTRAST: Final = (
    "#f2afa6", "#00f200", "#ff33ff", "#009fff", "#7aa336", "#00e5e6", "#ffe426", "#c183d6",
    "#ff680d", "#ff5997", "#9bd279", "#a6bcff", "#18a7a7", "#d9a300", "#ffa6ff", "#b2ffbc",
)  # fmt: skip
