import pytest

from seeds.document import Document
from seeds.origin import origin

BODY = (
    "Harbour Lines has ordered six container ships from the Danube yard, the company said on Monday. "
    "The ships are to sail between Jeddah and Rotterdam from spring. Analysts had expected a smaller order, "
    "given the state of freight rates. The yard will hire some two hundred people for the work. "
)


def key(text):
    return origin(Document(text=text))


def test_pieces_that_credit_one_agency_are_one_origin():
    assert (
        key("JEDDAH (Reuters) - " + BODY)
        == key("Harbour Lines expands.\n\nReporting by Reuters")
        == "agency:reuters"
    )
    assert key("جدة - رويترز: طلبت الشركة ست سفن.") == "agency:reuters"
    assert key("طلبت الشركة ست سفن، بحسب فرانس برس.") == "agency:afp"


@pytest.mark.parametrize(
    ("text", "agency"),
    [
        ("الرياض في 3 مايو / واس / دشنت الشركة مصنعا.", "spa"),
        ("أبوظبي (وام) - دشنت الشركة مصنعا.", "wam"),
        ("وقال متحدث لرويترز إن الشركة تدرس العرض.", "reuters"),
        ("RIYADH (AP) — The company opened a plant.", "ap"),
        ("دشنت الشركة مصنعا.\n\n(أ ف ب)", "afp"),
        ("The company opened a plant, Bloomberg News reported.", "bloomberg"),
        ("أَفادت وكالة بلومبرغ بأن الشركة دشّنت مصنعا.", "bloomberg"),
    ],
)
def test_credits_in_datelines_and_last_lines(text, agency):
    assert key(text) == f"agency:{agency}"


def test_an_agency_in_the_middle_of_a_long_article_is_no_credit():
    assert key(BODY * 3 + "\nReuters moved its office.\n" + BODY * 3).startswith("near:")


def test_a_word_that_contains_an_agencys_name_is_no_credit():
    assert key("The wamble of the dpath " + BODY).startswith("near:")


def test_a_copy_with_another_last_sentence_is_the_same_origin():
    assert key(BODY) == key(BODY + "Shares rose.")


def test_unrelated_texts_differ():
    assert key(BODY) != key("Najd Grid will build a solar plant of 200 megawatts near Hail, it announced.")


def test_an_article_of_one_word_has_an_origin():
    assert key("News").startswith("near:")
