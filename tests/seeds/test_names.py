"""Which names are found in a text. Made-up companies stand for the many that are in no list."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seeds.articles import sample_articles
from seeds.document import read_document
from seeds.names import Mention, find_mentions
from seeds.shadow import Shadow


def mentions(text: str, language: str | None = None) -> list[Mention]:
    arabic = any("\u0600" <= c <= "\u06ff" for c in text)
    return find_mentions(Shadow(text), language or ("ar" if arabic else "en"))


def told(text: str, *kinds: str) -> list[str]:
    """The names of these kinds (all but references by default), as `name` or `name=entity`."""
    wanted = kinds or ("ORG", "PERSON", "PRODUCT", "PLACE")
    return [
        m.name + ("=" + ",".join(m.candidates) if m.candidates else "")
        for m in mentions(text)
        if m.kind in wanted
    ]


# -- known names


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("أعلنت أرامكو نتائجها", ["أرامكو=saudi-aramco"]),
        ("أعلنت ارامكو نتائجها", ["ارامكو=saudi-aramco"]),
        ("تعاونت جوجل وغوغل وقوقل", ["جوجل=google", "غوغل=google", "قوقل=google"]),
        ("بدأت فولكس فاجن وڤولكس ڤاجن", ["فولكس فاجن=volkswagen", "ڤولكس ڤاجن=volkswagen"]),
        ("مِيتَا تستثمر", ["مِيتَا=meta-platforms"]),
        ("شركة ميتا بلاتفورمز", ["ميتا بلاتفورمز=meta-platforms"]),
        ("Shares of Saudi Aramco rose", ["Saudi Aramco=saudi-aramco"]),
        ("Aramco's profit fell", ["Aramco=saudi-aramco"]),
        ("Aramco’s profit fell", ["Aramco=saudi-aramco"]),
        ("They asked Apple Inc. to wait", ["Apple Inc=apple"]),
        ("The deal with e& was signed", ["e&=eand"]),
    ],
)
def test_known_names(text: str, expected: list[str]) -> None:
    assert told(text) == expected


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("قالت وميتا إن", "ميتا"),
        ("صفقة لميتا", "ميتا"),
        ("بمايكروسوفت", "مايكروسوفت"),
        ("ولأرامكو حصة", "أرامكو"),
        ("بـScale AI أولا", "Scale AI"),
        ("لمصرف الراجحي", "مصرف الراجحي"),
        ("وللبنك الأهلي السعودي حصة", "لبنك الأهلي السعودي"),
    ],
)
def test_the_span_leaves_clitics_out(text: str, name: str) -> None:
    found = [m for m in mentions(text) if m.candidates]
    assert [m.name for m in found] == [name]
    start, end = Shadow(text).origin(found[0].start, found[0].end)
    assert text[start:end] == name


@pytest.mark.parametrize(
    "text",
    [
        "metadata and metallic apples",  # parts of words, and no capitals
        "we meta person who can intel us",
        "سوق المعادن والطاقة",
        "عثر عليه ميتاً",
        "ارتفع عدد وفيات الحوادث",
        "أودى الحريق بحياة عامل",
        "قطع كابل بحري",
        "طلبات الشراء",
        "بأول خطوة",
        "علم المصدر أن الطلبات كثيرة",
        "us officials may target it",
    ],
)
def test_words_are_no_names(text: str) -> None:
    assert told(text) == []


def test_longest_name_wins() -> None:
    assert told("The Bank of America building") == ["Bank of America=bank-of-america"]
    assert told("قال البنك العربي الوطني") == ["البنك العربي الوطني=arab-national-bank"]


def test_an_index_is_no_company() -> None:
    assert told("ارتفع مؤشر نيكي اليوم") == []
    assert told("The Nikkei 225 rose") == []
    assert told("The S&P 500 fell") == []
    assert told("اشترت نيكي الصحيفة") == ["نيكي=nikkei"]


# -- short names and their context


def test_a_short_name_needs_the_full_one() -> None:
    assert told("He called it Scale in the end") == []
    assert told("Scale AI grew. Customers of Scale left.") == ["Scale AI=scale-ai", "Scale=scale-ai"]


def test_a_ticker_is_context_enough() -> None:
    assert told("We like Arm.") == []
    assert "Zain=zain-group" in told("Zain rose")
    assert told("تراجع سهم المراعي (2280) أمس") == ["المراعي=almarai"]
    assert told("انتشرت المراعي الخضراء في الريف") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("قالت شركة معادن إن صادرات معادن أخرى ارتفعت", ["معادن=maaden"]),
        ("وقعت «معادن» العقد", ["معادن=maaden"]),
        ("أعلنت مجموعة زين", ["مجموعة زين=zain-group"]),
        ("أرباح شركة زين", ["زين=zain-group"]),
        ("حضر زين الحفل", []),
        ("أرباح شركة طاقة", ["طاقة=taqa"]),
    ],
)
def test_ordinary_words_need_a_cue_beside(text: str, expected: list[str]) -> None:
    assert told(text) == expected


def test_a_short_name_follows_the_full_one_that_begins_with_it() -> None:
    assert told("نمت زين السودان. وقالت زين إنها ستستثمر.", "ORG") == [
        "زين السودان=zain-sudan",
        "زين=zain-sudan",
    ]
    both = told("نمت زين السودان وزين العراق. وقالت شركة زين إنها.", "ORG")
    assert both == ["زين السودان=zain-sudan", "زين العراق=zain-iraq", "زين=zain-group"]


# -- names in no list


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("استثمرت شركة رندالك في المشروع", ["رندالك"]),
        ("وقالت شركة رندالك القابضة إنها", ["رندالك القابضة"]),
        ("وقالت شركة الزهران للاستثمار إنها", ["الزهران للاستثمار"]),
        ("منح بنك رندال قرضا", ["بنك رندال"]),
        ("بدأت شركتا رندالك وسوفارا التعاون", ["رندالك", "سوفارا"]),
        ("اشترت مايكروسوفت شركة البرمجيات الأمنية رندالك في صفقة", ["مايكروسوفت=microsoft", "رندالك"]),
        ("وقعت شركة «نجد جريد» الاتفاق", ["نجد جريد"]),
        ("تداول أسهم شركة الدرب القديم للتأمين اليوم", ["الدرب القديم للتأمين"]),
        ("أرباح شركة رندال السعودية للبتروكيماويات أمس", ["رندال السعودية للبتروكيماويات"]),
        ("وقعته وزارة الطاقة الأوزبكية أمس", ["وزارة الطاقة الأوزبكية"]),
        ("استحوذت على Randalk Labs أمس", ["Randalk Labs"]),
        ("أطلقت نموذج Falcon X", ["Falcon X"]),
        ('وحدة "الذكاء الفائق" الجديدة', ["الذكاء الفائق"]),
        ('قالت "رندالك" و"سوفارا" إن النتائج جيدة', ["رندالك", "سوفارا"]),
        ('وقعت رندال مذكرة تفاهم مع "سوفارا" أمس', ["سوفارا"]),
        ('باعت "هيونداي نجد بنك" فرعا', ["هيونداي نجد بنك"]),
        ("وقعت الشركة السعودية للمياه العقد", ["الشركة السعودية للمياه"]),
        ("أعلن البنك المركزي الليبي القرار", ["البنك المركزي الليبي"]),
        ("قالت هيونداي للصناعات الثقيلة إن", ["هيونداي للصناعات الثقيلة"]),
    ],
)
def test_arabic_names_by_cue(text: str, expected: list[str]) -> None:
    assert told(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "قالت الشركة في بيان",
        "أسس شركة ناشئة في دول عدة",
        "تعد شركة تقنية كبيرة",
        "تخطط شركات التكنولوجيا لإنفاق المزيد",
        "شركة محاماة مقرها المدينة",
        "رفعت الشركة لإنفاق أكبر",
        "مدير مهرجان التسوق",
        "بلغت السعة 20 GW عبر 3 GPU",
        "«هذا ما قالته الإدارة أمس» وانتهى",
    ],
)
def test_arabic_cues_without_a_name(text: str) -> None:
    assert told(text) == []


def test_a_name_is_found_again_without_its_cue() -> None:
    text = "اشترت شركة رندالك المصنع. وقالت رندالك إن الصفقة لرندالك كبيرة."
    assert told(text, "ORG") == ["رندالك"] * 3


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("قال الرئيس التنفيذي محمد القحطاني إن", ["محمد القحطاني"]),
        ("عينت الشركة نورة الشهراني رئيسة", ["نورة الشهراني"]),
        ("خلفا لخالد الدوسري الذي", ["خالد الدوسري"]),
        ("قال الرئيس التنفيذي لشركة رندالك، هيروتو ناكاما، إن", ["هيروتو ناكاما"]),
        ("قال المحلل في شركة غارتنر هيروتو ناكاما إن", ["هيروتو ناكاما"]),
        ("قال رئيس مجلس إدارة البنك أحمد الباهي إن", ["أحمد الباهي"]),
        ("في مدينة الملك عبدالله الاقتصادية", []),
        ("وزير الصناعة، كريم الباهي، اليوم", ["كريم الباهي"]),
        ("قال عبد العزيز بن فهد الراشد إن", ["عبد العزيز بن فهد الراشد"]),
        ("وقال هيروتو ناكاما المدير التنفيذي للشركة", ["هيروتو ناكاما"]),
        ("وأوضح أن هيزو ناكاما، المدير المالي للشركة، سيبقى", ["هيزو ناكاما"]),
        ("أعلنت رندالك تعيين هيزو ناكاما رئيسا تنفيذيا", ["هيزو ناكاما"]),
        ("وتكليف المهندس هيزو ناكاما بمنصب المدير", ["هيزو ناكاما"]),
        ("تعيين كمال الدين رندالي مديرا", ["كمال الدين رندالي"]),
        ('قرر رئيس مجلس إدارتها "هيزو ناكاما" التنحي', ["هيزو ناكاما"]),
    ],
)
def test_arabic_people(text: str, expected: list[str]) -> None:
    assert told(text, "PERSON") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It will buy Randalk Inc for cash.", ["Randalk Inc"]),
        ("It took a stake in Randalk last year.", ["Randalk"]),
        ("Profit at Najd Grid Holdings rose.", ["Najd Grid Holdings"]),
        ("It supplies the carmaker Velmora in Spain.", ["Velmora", "Spain=spain"]),
        ("It hired Fahad Al-Dosari, chief executive of Velmora.", ["Fahad Al-Dosari", "Velmora"]),
        ("Shares of Samsung Electronics Co Ltd fell.", ["Samsung Electronics Co Ltd=samsung-electronics"]),
        ("Its chief executive, Jong-Sil Hamm, told reporters.", ["Jong-Sil Hamm"]),
        ("The Kuwait-based Velmora grew.", ["Kuwait=kuwait", "Velmora"]),
        (
            "Velmora, a London-based fintech startup, grew. It sold Velmora.",
            ["Velmora", "London=london", "Velmora"],
        ),
        ("He posted it on X. Mr Velm agreed.", ["Velm"]),
        ("Velmora, which makes cars, grew.", ["Velmora"]),
        ("Production, which makes noise, has posted signs.", []),  # a form that plain nouns have, once
        ("Hardware has lost ground, and hardware makers too.", []),  # written small as well
        ("Dubai Cooling Systems grew fast.", ["Dubai Cooling Systems"]),
        ("It will sell Apple Inc its chips.", ["Apple Inc=apple"]),
    ],
)
def test_english_names_by_signs(text: str, expected: list[str]) -> None:
    assert told(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "On Monday the German government met in June.",
        "However, the company said so.",
        "Analysts expect more. Shares fell.",
        "Big Gains Follow Strong Results At Last",  # the style of a headline, not names
        "It cost SAR 312 million.",
    ],
)
def test_english_capitals_without_a_name(text: str) -> None:
    assert told(text) == []


def test_signs_decide_over_the_whole_document() -> None:
    text = (
        "Laura Brookley is losing its chief. Laura Brookley, which sells lamps, said sales fell. "
        "Shares in Laura Brookley dropped."
    )
    assert set(told(text, "ORG")) == {"Laura Brookley"}
    assert told("Laura Brookley, who sells lamps, left. Ms Brookley is 40.", "PERSON") == [
        "Laura Brookley",
        "Brookley",
    ]


def test_surnames_and_first_words_follow_the_full_name() -> None:
    assert told("Mr Zuckerberg met nobody") == ["Zuckerberg"]  # no known person without the full name
    assert told("Mark Zuckerberg spoke. Zuckerberg left.", "PERSON") == [
        "Mark Zuckerberg=mark-zuckerberg",
        "Zuckerberg=mark-zuckerberg",
    ]
    text = "Velmora named Mark Tandel as chief executive. Tandel joined it in May. Tandel's pay was not told."
    assert told(text, "ORG") == ["Velmora"]
    assert told(text, "PERSON") == ["Mark Tandel", "Tandel", "Tandel"]
    names = told("The firm bought Velmora Systems. Later Velmora grew.", "ORG")
    assert names == ["Velmora Systems", "Velmora"]


# -- references


@pytest.mark.parametrize(
    ("text", "name", "cue"),
    [
        ("قالت الشركة إن", "الشركة", "org one"),
        ("عائد للشركة", "لشركة", "org one"),
        ("بين الشركتين", "الشركتين", "org two"),
        ("The company fell", "The company", "org one"),
        ("both companies fell", "both companies", "org two"),
        ("so she left", "she", "person one"),
    ],
)
def test_references(text: str, name: str, cue: str) -> None:
    assert [(m.name, m.cue) for m in mentions(text) if m.kind == "COREF"] == [(name, cue)]


# -- what holds for any text


@pytest.mark.parametrize("path", sample_articles(), ids=lambda p: p.stem)
def test_mentions_are_ordered_apart_and_exact(path: object) -> None:
    document = read_document(path)  # type: ignore[arg-type]  # a Path
    shadow = Shadow(document.text)
    found = find_mentions(shadow, document.language or "")
    assert len(found) > 15
    for before, after in itertools.pairwise(found):
        assert before.end <= after.start
    for m in found:
        start, end = shadow.origin(m.start, m.end)
        assert document.text[start:end] == m.name


WORDS = st.sampled_from(
    [
        "شركة",
        "ميتا",
        "وميتا",
        "بنك",
        "«",
        "»",
        "رندالك",
        "قال",
        "محمد",
        "،",
        ".",
        "Scale",
        "AI",
        "Inc",
        "Mr",
        "the",
        "company",
        "&",
        "of",
        "'s",
        "7",
        "\n",
        "\u200f",
        "ـ",
        "ً",
        "x",
        "(",
        ")",
        "الرئيس",
        "التنفيذي",
        "عبد",
    ]
)


@given(st.lists(WORDS, max_size=30), st.sampled_from(["", " "]), st.sampled_from(["ar", "en"]))
def test_any_text_gives_exact_spans_apart(words: list[str], joint: str, language: str) -> None:
    text = joint.join(words)
    shadow = Shadow(text)
    found = find_mentions(shadow, language)
    for before, after in itertools.pairwise(found):
        assert before.end <= after.start
    for m in found:
        start, end = shadow.origin(m.start, m.end)
        assert m.name
        assert text[start:end] == m.name


@given(st.text(max_size=60), st.sampled_from(["ar", "en"]))
def test_no_text_is_too_strange(text: str, language: str) -> None:
    find_mentions(Shadow(text), language)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Velmora will buy a rival.", ["Velmora"]),
        ("Velmora plc said so.", ["Velmora plc"]),
        ("Velmora's quarterly revenue grew.", ["Velmora"]),
        ("Dorn & Hale said so.", ["Dorn & Hale"]),
        ("Nevada-based Velmora Systems has closed a round.", ["Velmora Systems"]),
        ("Turnover has reached a peak.", []),
        ("A company will grow-", []),
        ("استحوذت «فيلمورا» على «تمكين».", ["فيلمورا", "تمكين"]),
        ("«فيلمورا» تطلق خدمة.", ["فيلمورا"]),
        ("قرأت «فيلمورا» أمس.", []),
        ("نشرت صحيفة الضحى الخبر.", ["الضحى"]),
    ],
)
def test_companies_by_what_they_do(text: str, expected: list[str]) -> None:
    assert told(text, "ORG") == expected
