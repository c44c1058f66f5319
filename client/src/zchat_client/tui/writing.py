"""What somebody writes in one conversation: the draft, what was refused, and what Up finds. Knows no terminal."""

from typing import Final, NamedTuple

_REMEMBERED_INPUTS: Final = 200


class Refused(NamedTuple):
    """A text as it was typed, and what is wrong with it; nothing, if it has only made room for a command."""

    text: str
    why: str


class Writing:
    """What waits in one conversation for its writer, and what he has entered there, the latest last."""

    def __init__(self) -> None:
        self.draft = ""
        # What was entered here and refused, and waits for an empty input.
        self.refused: list[Refused] = []
        self.inputs: list[str] = []
        # How far back in these one has gone; then what was begun before.
        self._recalled = 0
        self._begun_before = ""
        # Whom the reply that was begun here is for: what follows while it is typed changes nothing. Nobody: "".
        self.replies_to: str | None = None

    @property
    def has_begun(self) -> bool:
        """Whether a text waits here for its writer: one that was begun, or was refused."""
        return bool(self.draft or self.refused)

    def remember_input(self, text: str) -> None:
        """What was entered can be fetched again."""
        if text and (not self.inputs or self.inputs[-1] != text):
            self.inputs.append(text)
            del self.inputs[:-_REMEMBERED_INPUTS]

    def recall(self, further: int, text: str) -> str | None:
        """Goes so much further back in what was entered; ``text`` is in the input now. None if there is no more."""
        if self._recalled and text != self.inputs[-self._recalled]:
            # It was changed: that is what is begun here now.
            self.go_on_with(text)
        if not 0 <= self._recalled + further <= len(self.inputs):
            return None
        if not self._recalled:
            self._begun_before = text
        self._recalled += further
        return self.inputs[-self._recalled] if self._recalled else self._begun_before

    def begun_of(self, text: str) -> str:
        """What was begun here, when ``text`` is in the input: what was only recalled is not."""
        return self._begun_before if self._recalled and text == self.inputs[-self._recalled] else text

    def go_on_with(self, text: str) -> None:
        """One is done with going back, and has this in the input: what was begun before that can be fetched again."""
        if self._recalled and text != self._begun_before:
            self.remember_input(self._begun_before)
        self._recalled = 0

    def begin_anew(self) -> None:
        """What was written here is for nobody who is here now: it can be fetched again."""
        self.go_on_with(self.draft)
        for text in (*[each.text for each in self.refused], self.draft):
            self.remember_input(text)
        self.draft, self.refused = "", []

    def lift(self, why: str) -> None:
        """What was refused for that may be entered again as it is."""
        self.refused = [each._replace(why="") if each.why == why else each for each in self.refused]
