"""Which names are allowed, which are the same, and which look the same."""

import subprocess
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zchat_common.limits import NAME_MAX_CHARS
from zchat_common.names import BadName, check_name, fold, skeleton

scripts = ["abcXYZiİ", "жЩёІ", "αΣςΆ", "נתבץ", "ابگ", "हिनी्", "日本ひカー", "한글", "ﾊＡ", "019", "१٣"]
likely_names = st.text(st.sampled_from("".join(scripts) + "-_.\u0301\u0307\u200d ß"), max_size=NAME_MAX_CHARS + 1)
names_of_one_script = st.sampled_from(scripts).flatmap(lambda s: st.text(s + "1-_.", min_size=1, max_size=8))
any_names = likely_names | names_of_one_script | st.text(max_size=8)


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("a", "a"),
        ("7", "7"),
        ("Alice", "alice"),
        ("bot-7_x.Y", "bot-7_x.y"),
        ("a..b--c", "a..b--c"),
        ("x" * NAME_MAX_CHARS, "x" * NAME_MAX_CHARS),
        ("Żółw", "żółw"),
        ("Zo\u0308e", "zöe"),
        ("Ａlice", "alice"),
        ("Straße", "straße"),
        ("Ọlá\u0323", "ọlạ\u0301"),
        ("İlker", "i\u0307lker"),
        ("Ольга", "ольга"),
        ("ΣΟΦΙΑ", "σοφια"),
        ("Հայկ", "հայկ"),
        ("תמר", "תמר"),
        ("שָׁלוֹם", unicodedata.normalize("NFC", "שָׁלוֹם")),
        ("محمد٣", "محمد٣"),
        ("مُحَمَّد", unicodedata.normalize("NFC", "مُحَمَّد")),
        ("हिन्दी", "हिन्दी"),
        ("राम१", "राम१"),
        ("தமிழ்", "தமிழ்"),
        ("สมชาย", "สมชาย"),
        ("น้\u0e4dา", "น้\u0e4dา"),
        ("日本", "日本"),
        ("ひらカタ漢字ー", "ひらカタ漢字ー"),
        ("ﾊﾅ", "ハナ"),
        ("佐々木〆", "佐々木〆"),
        ("김철수", "김철수"),
        ("金철수", "金철수"),
        ("注音ㄅㄆ", "注音ㄅㄆ"),
        ("𐐀𐐁", "𐐨𐐩"),
    ],
)
def test_names_of_any_living_script_are_allowed_and_folded(typed: str, folded: str) -> None:
    assert check_name(typed) == folded
    assert fold(typed) == folded


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("", "type one"),
        ("x" * (NAME_MAX_CHARS + 1), "choose a shorter one"),
        ("ß" * (NAME_MAX_CHARS + 1), "choose a shorter one"),
        ("İ" * NAME_MAX_CHARS, "choose a shorter one"),  # twice as long when folded
        ("x" * 100_000, "100,000"),
        ("two words", "no spaces"),
        (" alice", "no spaces"),
        ("Zoë two", "no spaces"),
        ("a\nb", "no spaces"),
        ("a\x1b[2J", "control"),
        ("a\x00", "control"),
        ("a@b", "cannot have '@'"),
        ("a/b", "cannot have '/'"),
        ("-alice", "first or last"),
        ("alice.", "first or last"),
        ("_", "first or last"),
        (".żółw", "first or last"),
        ("żółw-", "first or last"),
        ("\u0301a", "first or last"),
        ("ż-\u0316a", "only on letters"),
        ("x\u030d\u030d", "piled-up"),
        ("x\u030d\u030e\u0316\u0317\u0318", "piled-up"),
        ("x\u0338y", "U+0338"),
        ("раypal", "one script"),
        ("Αlice", "one script"),
        ("aliceー", "one script"),
        ("日한ひ", "one script"),
        ("bob१", "one script"),
        ("a\u064e", "one script"),
        ("राम1१", "one kind of digits"),
        ("ش2٣", "one direction"),
        ("१२৩", "one kind of digits"),
        ("אבa", "one direction"),
        ("٣alice", "one direction"),
        ("ali\u200bce", "invisible"),
        ("ali\u200dce", "invisible"),
        ("क्\u200dष", "U+200D"),
        ("ali\u202ece", "invisible"),
        ("ali\u00adce", "invisible"),
        ("ali·ce·", "symbols"),
        ("l·la·", "symbols"),
        ("👍", "symbols"),
        ("ﬁn", "symbols"),
        ("\ud800x", "symbols"),
        ("x\ufdd0", "symbols"),
        ("x\U000e0041", "symbols"),
    ],
)
def test_other_names_are_refused_with_a_sentence_that_says_what_to_do(name: str, says: str) -> None:
    with pytest.raises(BadName) as refused:
        check_name(name)
    sentence = str(refused.value)
    assert says in sentence
    assert sentence.isprintable()
    assert sentence.endswith(".")


@pytest.mark.parametrize("name", ["", "two words", "x" * (NAME_MAX_CHARS + 1), "é è", "👍", "\ud800"])
def test_what_is_no_identifier_does_not_fold(name: str) -> None:
    with pytest.raises(BadName):
        fold(name)


@pytest.mark.parametrize(
    ("one", "other"),
    [("ALICE", "alice"), ("ŻÓŁW", "z\u0307o\u0301łw"), ("ＢＯＢ", "bob"), ("ОЛЬГА", "Ольга"), ("ﾊﾅ", "ハナ")],
)
def test_names_typed_differently_are_the_same(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("impostor", "owner"),
    [
        ("раураl", "paypal"),  # Cyrillic but for the last letter
        ("ѕсоре", "scope"),  # all Cyrillic
        ("οο", "oo"),  # Greek
        ("a1ice", "alice"),
        ("rnax", "max"),
        ("b0b", "bob"),
        ("ı", "i"),
        ("i\u0307lker", "ilker"),
        ("օօ", "oo"),  # Armenian
        ("ס", "o"),  # Hebrew, which the library keeps between direction marks
        ("٣", "۳"),
        ("ロ", "口"),
        ("ー", "一"),
        ("bọt", "bo\u0323t"),
        ("a\u0323\u0301", "á\u0323"),
    ],
)
def test_lookalikes_have_the_same_skeleton(impostor: str, owner: str) -> None:
    assert skeleton(impostor) == skeleton(owner)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("alice", "alicia"),
        ("bob", "rob"),
        ("ann", "anna"),
        ("zoe", "zoë"),
        ("日本", "日木"),
        ("bot-1", "bot-2"),
    ],
)
def test_names_that_can_be_told_apart_have_different_skeletons(one: str, other: str) -> None:
    assert skeleton(one) != skeleton(other)


def test_a_capital_i_posing_as_an_l_is_caught_by_the_skeleton_of_the_name_as_typed() -> None:
    assert skeleton(fold("AIice")) != skeleton(fold("Alice"))
    assert skeleton("AIice") == skeleton("Alice")


@pytest.mark.parametrize(
    ("source", "prototype"),
    [("1", "l"), ("0", "o"), ("m", "rn"), ("а", "a"), ("ɑ", "a"), ("ҭ", "ҭ"), ("æ", "ae"), ("ⅷ", "viii")],
)
def test_the_prototype_is_the_one_in_confusables_txt_and_not_its_source(source: str, prototype: str) -> None:
    assert skeleton(source) == skeleton(prototype)
    if prototype.isascii():
        assert skeleton(source) == prototype.replace("m", "rn")


def test_ascii_names_load_no_tables() -> None:
    program = (
        "import sys; from zchat_common.names import check_name, fold; fold('Bob'); check_name('Alice');"
        "print([m for m in ('precis_i18n', 'confusable_homoglyphs', 'json', 'importlib.resources')"
        " if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=30)
    assert run.stdout.strip() == "[]"


@given(any_names)
def test_folding_twice_is_folding_once(name: str) -> None:
    try:
        folded = fold(name)
    except BadName:
        return
    if len(folded) <= NAME_MAX_CHARS:
        assert fold(folded) == folded


@given(any_names)
def test_an_accepted_name_is_checked_to_its_fold_and_stays_accepted(name: str) -> None:
    try:
        checked = check_name(name)
    except BadName as refused:
        assert str(refused).isprintable()  # noqa: PT017
        return
    assert checked == fold(name) == check_name(checked)
    assert 1 <= len(checked) <= NAME_MAX_CHARS
    assert {unicodedata.category(char)[0] for char in checked if char not in "-_."} <= {"L", "M", "N"}
    assert checked == unicodedata.normalize("NFC", checked.lower())


@given(any_names)
def test_a_skeleton_is_its_own_and_names_that_fold_alike_look_alike(name: str) -> None:
    try:
        checked = check_name(name)
    except BadName:
        return
    assert skeleton(skeleton(checked)) == skeleton(checked)
    assert skeleton(checked) == skeleton(unicodedata.normalize("NFD", checked))
