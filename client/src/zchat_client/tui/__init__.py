"""The terminal UI. Nothing here is imported before a person opens it: Textual takes half a second to load."""

import os

# What a key changes is drawn at the next beat of Textual's clock, or at the one after: at its 60 a second, keys waited
# 33 ms behind each frame of a flooded room. The clock stands while there is nothing to draw.
os.environ.setdefault("TEXTUAL_FPS", "240")
