import pytest
from hypothesis import given
from hypothesis import strategies as st

from whence.language.query import ate, att, cate
from whence.language.query_text import query
from whence.language.questions import question
from whence.runtime.errors import (
    AmbiguousQuestion,
    InvalidQuery,
    QueryError,
    QuerySyntax,
    TreatmentIsOutcome,
    UnknownVariable,
    WhenceError,
)

NAMES = ("price", "unit_sales", "region", "treat", "re78", "Effect of ads on TV", "black", "income ($)")

READ = {
    "effect of price on unit_sales": "ATE(price -> unit_sales)",
    "Effect of Price on Unit Sales?": "ATE(price -> unit_sales)",
    "What is the effect of price on unit-sales?": "ATE(price -> unit_sales)",
    "what was the average causal effect of the price on the unit sales?": "ATE(price -> unit_sales)",
    "does price cause unit_sales": "ATE(price -> unit_sales)",
    "Did price raise unit sales?": "ATE(price -> unit_sales)",
    "how much does price change unit sales?": "ATE(price -> unit_sales)",
    "By how much did price reduce unit_sales?": "ATE(price -> unit_sales)",
    "what effect did price have on unit sales": "ATE(price -> unit_sales)",
    "Is there an effect of price on unit_sales?": "ATE(price -> unit_sales)",
    "does price have any influence on unit_sales?": "ATE(price -> unit_sales)",
    "impact of price on income ($)": 'ATE(price -> "income ($)")',
    "effect of treat on re78 among the treated": "ATT(treat -> re78)",
    "effect of treat on re78 among those treated": "ATT(treat -> re78)",
    "what was the effect of treat on re78 for those who got it?": "ATT(treat -> re78)",
    "effect of treat on re78 among people who received treat": "ATT(treat -> re78)",
    "average treatment effect on the treated of treat on re78": "ATT(treat -> re78)",
    "how much did treat raise re78 among the treated by black": "ATT(treat -> re78 by black)",
    "effect of price on unit sales by region": "CATE(price -> unit_sales by region)",
    "effect of price on unit sales for each region": "CATE(price -> unit_sales by region)",
    "effect of price on unit sales by region, black and treat": (
        "CATE(price -> unit_sales by black, region, treat)"
    ),
    "effect of changing price from 10 to 9 on unit sales": (
        "E[unit_sales | do(price=9)] - E[unit_sales | do(price=10)]"
    ),
    "effect of price = 9 vs 10 on unit sales": "E[unit_sales | do(price=9)] - E[unit_sales | do(price=10)]",
    "effect of changing region from north to south on re78": (
        "E[re78 | do(region=south)] - E[re78 | do(region=north)]"
    ),
    "what would unit sales be if price were 9?": "E[unit_sales | do(price=9)]",
    "what would re78 have been if treat had been 0": "E[re78 | do(treat=0)]",
    "effect of Effect of ads on TV on re78": 'ATE("Effect of ads on TV" -> re78)',
    "direct effect of treat on re78 not through black": "NDE(treat -> re78 via black)",
    "What is the natural direct effect of treat on re78 bypassing black and region?": (
        "NDE(treat -> re78 via black, region)"
    ),
    "indirect effect of treat on re78 through black": "NIE(treat -> re78 via black)",
    "was treat necessary for black?": "PN(treat=1 -> black=1)",
    "was treat = 0 sufficient for black = true": "PS(treat=0 -> black=true)",
    "what is the probability that treat was necessary and sufficient for black": ("PNS(treat=1 -> black=1)"),
    'effect of "price" on "unit_sales"': "ATE(price -> unit_sales)",
    "effect of price on unit_sales, assuming monotone(price -> unit_sales)": (
        "ATE(price -> unit_sales) assuming monotone(price -> unit_sales)"
    ),
}


@pytest.mark.parametrize(("text", "meaning"), READ.items())
def test_plain_questions_mean_what_they_say(text, meaning):
    asked, read_by = question(text, NAMES)
    assert asked == query(meaning)
    assert str(asked) == str(query(meaning))
    assert read_by == "grammar"


def test_the_question_language_is_read_as_such_and_linked_to_the_vocabulary():
    assert question("P(re78 | do(treat=1))", NAMES) == (query("P(re78 | do(treat=1))"), "syntax")
    assert question("ATE(Treat -> RE78)", NAMES) == (ate("treat", "re78"), "syntax")
    assert question("ATT(treat -> Re78 by Black)", NAMES)[0].contrast.kind == "ATT"
    assert question('E["Unit Sales" | do(Price=1)]', NAMES)[0] == query("E[unit_sales | do(price=1)]")
    assert question("P(Re78_{Treat=0}=0 | Treat=1)", NAMES)[0] == query("P(re78_{treat=0}=0 | treat=1)")
    assert question(att("TREAT", "re78"), NAMES) == (att("treat", "re78"), "syntax")
    assert question("E[anything | do(x=1)]")[0] == query("E[anything | do(x=1)]")


def test_the_names_along_a_path_are_linked_one_by_one():
    asked, _ = question("PSE(Treat -> RE78 via Treat -> black -> RE78)", NAMES)
    assert asked == query("PSE(treat -> re78 via treat -> black -> re78)")
    with pytest.raises(UnknownVariable, match="blak"):
        question("PSE(treat -> re78 via treat -> blak -> re78)", NAMES)


def test_without_a_vocabulary_every_plain_word_may_be_a_name():
    assert question("effect of price on sales")[0] == ate("price", "sales")
    assert question('effect of "unit price" on sales by region')[0] == cate("unit price", "sales", "region")


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("effect of treat on re78 for women", "for women"),
        ("effect of treat on re78 given black", "given black"),
        ("effect of treat on re78 where black = 1", "where black = 1"),
        ("effect of treat on re78 controlling for black", "controlling for black"),
        ("effect of treat on re78 via black", "via black"),
        ("does treat not cause re78", "not"),
        ("effect of treat and black on re78", "and black"),
        ("effect of not treat on re78", "not"),
        ("effect of treat on re78 among the untreated", "among the untreated"),
        ("effect of treat on re78 among those who got black", "among those who got black"),
    ],
)
def test_nothing_said_is_dropped(text, rest):
    with pytest.raises(QuerySyntax) as error:
        question(text, NAMES)
    assert rest in error.value.message
    assert text[error.value.position :].startswith(rest)
    assert "effect of price on sales by region" in error.value.cure


@pytest.mark.parametrize(
    "text",
    [
        "",
        "?",
        "hello",
        "direct effect of treat on re78",
        "was price = 9 necessary for black?",
        "effect of treat",
        "treat re78",
        "is re78 high?",
        "no effect of treat on re78",
        "why is re78 low",
        "is treat=1 an actual cause of re78=0 at row 7",
        "P(re78 | do(treat=1)",
        "what is the effect of on re78",
    ],
)
def test_what_is_not_understood_is_refused_with_what_is(text):
    with pytest.raises((QuerySyntax, InvalidQuery)) as error:
        question(text, NAMES)
    assert error.value.cure


def test_an_unknown_name_gets_its_nearest():
    for text in ("effect of prise on unit_sales", "ATE(prise -> unit_sales)", "did prise raise unit sales"):
        with pytest.raises(UnknownVariable) as error:
            question(text, NAMES)
        assert error.value.suggestion == "price"
    with pytest.raises(UnknownVariable):
        question("P(re79 | do(treat=1))", NAMES)


def test_in_doubt_the_readings_are_given_back():
    with pytest.raises(AmbiguousQuestion) as error:
        question("effect of treat on sales", ("treat", "Sales", "SALES"))
    assert error.value.readings == ("ATE(treat -> Sales)", "ATE(treat -> SALES)")
    with pytest.raises(AmbiguousQuestion) as error:
        question("ATE(treat -> sales)", ("treat", "Sales", "SALES"))
    assert len(error.value.readings) == 2
    with pytest.raises(AmbiguousQuestion) as error:
        question("what if treat were 1?", ("treat", "re78", "black"))
    assert error.value.readings == ("E[re78 | do(treat=1)]", "E[black | do(treat=1)]")
    with pytest.raises(AmbiguousQuestion) as error:
        question("would y have been 1 had x been 0?", ("x", "y"))
    assert error.value.readings == ("P(y=1 | do(x=0))", "P(y_{x=0}=1 | x=1, y=0)")
    with pytest.raises(AmbiguousQuestion):
        question("effect of a on b on c", ("a", "b", "c", "a on b", "b on c"))
    assert str(question("effect of treat on Sales", ("treat", "Sales", "sales"))[0]) == "ATE(treat -> Sales)"


def test_a_variable_has_no_effect_on_itself():
    with pytest.raises(TreatmentIsOutcome):
        question("effect of price on Price", NAMES)


words = st.sampled_from(
    [
        "effect",
        "of",
        "on",
        "the",
        "price",
        "unit sales",
        "by",
        "among",
        "treated",
        "does",
        "cause",
        "how much",
        "if",
        "were",
        "1",
        "what",
        "would",
        "be",
        "not",
        "and",
        ",",
        "=",
        "from",
        "to",
        '"',
        "(",
        "region",
        "x",
        "who got it",
        "raise",
        "?",
    ]
)


@given(st.lists(words, max_size=12).map(" ".join))
def test_any_words_are_a_question_whose_every_name_was_said_or_one_clear_error(text):
    try:
        asked, _ = question(text, NAMES)
    except WhenceError as error:
        assert isinstance(error, QueryError | UnknownVariable)
    else:
        said = text.replace(" ", "_")
        assert all(name in said for name in asked.variables)
        assert query(str(asked)) == asked
