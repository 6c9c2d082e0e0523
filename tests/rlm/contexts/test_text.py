"""A `Context` is the `str` that its bytes decode to, whatever they are and wherever its blocks are cut."""

import operator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whence.rlm.worker.text import Context, Text, TooLarge
from whence.rlm.worker.text_index import Sizes, Source

TINY = Sizes(block=5, piece=7, real=0, whole=10_000)

# Every kind of byte that matters to a decoder: ASCII, line ends, leads of 2, 3 and 4, ends of their ranges,
# continuation bytes, surrogates, overlong forms, bytes that are never UTF-8; and whole characters.
FRAGMENTS = [
    *(bytes([b]) for b in (0x41, 0x42, 0x0A, 0x0D, 0x20, 0x80, 0xBF, 0xC0, 0xC3, 0xE0, 0xE2, 0xED, 0xEF)),
    *(bytes([b]) for b in (0xF0, 0xF4, 0xF5, 0xFF, 0x82, 0xA0, 0x9F, 0x90)),
    *(
        text.encode()
        for text in ("aa", "ab", "\n\n", "é", "漢", "\U0001f600", "\ufffd", "\ufeff", "\x85", "\u2028")
    ),
    b"\xe2\x82",
    b"\xf0\x9f\x98",
    b"\xed\xa0\x80",
    b"\xc0\x80",
]
BYTES = st.lists(st.sampled_from(FRAGMENTS), max_size=24).map(b"".join)
TEXTS = st.lists(st.sampled_from(FRAGMENTS), max_size=3).map(
    lambda parts: b"".join(parts).decode("utf-8", "replace")
)
PLACES = st.none() | st.integers(-30, 60)


def context_of(content: bytes, sizes: Sizes = TINY, document: int | None = 3) -> Context:
    around = b"\xe2\x82" + content + b"\xac\x80tail"  # what stands beside a document must not matter
    return Context(Source(around, 2, len(content), name="d", document=document, sizes=sizes))


def same(ours: object, theirs: object) -> None:
    if isinstance(ours, Context):
        ours = ours.whole()
    if isinstance(ours, tuple):
        ours = tuple(str(item) if isinstance(item, Context) else item for item in ours)
    assert ours == theirs


def outcome(of, name, *args):
    try:
        return getattr(of, name)(*args)
    except (ValueError, IndexError) as error:
        return type(error), str(error)


@given(BYTES, st.integers(4, 9), st.integers(4, 9))
def test_length_characters_and_the_whole_are_those_of_the_decoded_bytes(content, block, piece):
    text = content.decode("utf-8", "replace")
    context = context_of(content, Sizes(block, piece, 0, 10_000))
    assert len(context) == len(text)
    assert str(context) == text
    assert list(context) == list(text)
    assert bool(context) == bool(text)
    assert "".join(context.pieces()) == text
    assert context == text and (context != text) is False
    assert hash(context) == hash(text)
    assert f"{context:>30}" == f"{text:>30}"
    assert "%s" % context == text  # noqa: UP031
    assert context + "x" == text + "x" and "x" + context == "x" + text and context * 2 == text * 2
    assert context.isascii() == text.isascii()
    for i in range(-len(text), len(text)):
        assert context[i] == text[i]
    for i in (len(text), -len(text) - 1):
        with pytest.raises(IndexError, match="string index out of range"):
            context[i]


@given(
    BYTES, PLACES, PLACES, st.sampled_from([None, 1, 1, 1, 2, 3, -1, -2, 7]), st.sampled_from([0, 6, 1000])
)
def test_slices_are_those_of_the_text_and_slices_of_slices_compose(content, start, stop, step, real):
    text = content.decode("utf-8", "replace")
    context = context_of(content, Sizes(5, 7, real, 10_000))
    ours, theirs = context[start:stop:step], text[start:stop:step]
    same(ours, theirs)
    assert len(ours) == len(theirs)
    if step in {None, 1}:
        assert isinstance(ours, Text if len(theirs.encode()) < real else Text | Context)
        same(ours[1:][start:], theirs[1:][start:])
        assert ours.part["document"] == 3
        assert content[ours.part["start"] : ours.part["end"]].decode("utf-8", "replace") == theirs
        same(ours[2:].view.part if isinstance(ours, Text) else ours[2:].part, ours[2:].part)


@given(BYTES, TEXTS, PLACES, PLACES, PLACES)
@settings(max_examples=800)
def test_whatever_is_looked_for_is_found_where_a_str_finds_it(content, sub, start, end, cut):
    text = content.decode("utf-8", "replace")[cut:]
    context = context_of(content)[cut:]
    assert (sub in context) == (sub in text)
    for name in ("find", "rfind", "index", "rindex", "count", "startswith", "endswith"):
        for args in ((sub,), (sub, start), (sub, start, end)):
            ours = outcome(context, name, *args)
            theirs = outcome(text, name, *args)
            assert ours == theirs, (name, args)
    assert context.startswith(("q", sub)) == text.startswith(("q", sub))
    assert context.endswith(("q", sub)) == text.endswith(("q", sub))


@given(
    st.text("aab", max_size=60), st.sampled_from(["a", "aa", "aaa", "aba", "abab", "ab"]), st.integers(4, 12)
)
def test_what_overlaps_itself_is_counted_from_the_left(text, sub, piece):
    assert context_of(text.encode(), Sizes(5, piece, 0, 10_000)).count(sub) == text.count(sub)


@given(BYTES, TEXTS)
def test_parts_cut_off_or_out_are_those_of_a_str(content, sub):
    text, context = content.decode("utf-8", "replace"), context_of(content)
    for name in ("partition", "rpartition"):
        same(outcome(context, name, sub), outcome(text, name, sub))
    for name in ("removeprefix", "removesuffix"):
        same(getattr(context, name)(sub), getattr(text, name)(sub))
    for name in ("strip", "lstrip", "rstrip"):
        same(getattr(context, name)(), getattr(text, name)())
        same(getattr(context, name)(sub), getattr(text, name)(sub))


@given(BYTES, TEXTS)
def test_every_other_method_of_a_str_gives_what_a_str_gives(content, sub):
    text, context = content.decode("utf-8", "replace"), context_of(content)
    for name in ("lower", "upper", "title", "casefold", "swapcase", "capitalize", "isdigit", "splitlines"):
        assert getattr(context, name)() == getattr(text, name)(), name
    for name in ("split", "rsplit"):
        assert outcome(context, name, sub, 2) == outcome(text, name, sub, 2)
        assert getattr(context, name)() == getattr(text, name)()
    assert context.replace(sub, "x") == text.replace(sub, "x")
    assert context.encode() == text.encode()
    assert context.join(["a", "b"]) == text.join(["a", "b"])
    assert context.translate({65: "z"}) == text.translate({65: "z"})


@given(BYTES, BYTES)
def test_texts_are_ordered_as_strs_are(one, other):
    a, b = one.decode("utf-8", "replace"), other.decode("utf-8", "replace")
    for ours, theirs in ((context_of(one), context_of(other)), (context_of(one), b)):
        for compare in (operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge):
            assert compare(ours, theirs) == compare(a, b)


def lines_of(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n") if text else []


@given(BYTES, PLACES, PLACES, st.sampled_from([None, 1, 1, 2, -1]), st.sampled_from([0, 10, 1000]), PLACES)
@settings(max_examples=600)
def test_lines_are_those_between_line_feeds_counted_from_0(content, start, stop, step, real, cut):
    text = content.decode("utf-8", "replace")[cut:]
    context = context_of(content, Sizes(5, 7, real, 10_000))[cut:]
    lines, expected = context.lines, lines_of(text)
    assert len(lines) == len(expected)
    assert [str(line) for line in lines] == expected
    assert [str(lines[i]) for i in range(len(expected))] == expected
    assert [str(lines[i]) for i in range(-len(expected), 0)] == expected
    assert [str(line) for line in lines[start:stop:step]] == expected[start:stop:step]
    assert lines == expected
    with pytest.raises(IndexError):
        lines[len(expected)]
    for i in range(len(text)):
        assert context.line_at(i) == text[:i].count("\n")
    assert repr(lines).startswith(f"<{len(expected)} lines: [")


@given(BYTES, PLACES, PLACES, PLACES)
def test_a_text_is_a_str_that_knows_which_part_of_its_document_it_is(content, start, stop, again):
    decoded = content.decode("utf-8", "replace")
    text = context_of(content, Sizes(5, 7, 1000, 10_000))[:]
    assert isinstance(text, str) and text == decoded and text.name == "d" and text.document == 3
    part = text[start:stop][again:]
    assert part == decoded[start:stop][again:]
    assert content[part.part["start"] : part.part["end"]].decode("utf-8", "replace") == part
    assert list(map(str, part.lines)) == lines_of(part)
    assert type(text[::2]) is str and text[::2] == decoded[::2]


def test_text_of_our_own_has_no_part_and_lone_surrogates_become_replacement_characters():
    context = Context.of("a\ud83d\ude00b")
    assert context.part is None
    assert context == "a\ufffd\ufffdb"


def test_what_would_be_as_large_as_the_whole_is_refused_with_the_cure():
    context = context_of(b"abc\n" * 100, Sizes(8, 8, 16, 64))
    for work in (context.upper, context.split, context.encode, context.__str__, lambda: context + "x"):
        with pytest.raises(
            TooLarge, match=r"400 bytes.*64.*grep\(pattern\), chunk\(context\), context.lines"
        ):
            work()
    with pytest.raises(TooLarge):
        assert context * 2
    with pytest.raises(TooLarge):
        assert context[::2]
    assert context[::100] == "aaaa"
    assert hash(context) == hash(context_of(b"abc\n" * 100, Sizes(16, 8, 16, 64)))
    assert len(context.lines[10:90]) == 80 and context.lines[10:90][3] == "abc"
    assert context[4:304] == "abc\n" * 75


def test_wrong_arguments_are_refused_as_by_a_str():
    context = context_of(b"abc")
    with pytest.raises(TypeError, match="requires string as left operand, not int"):
        assert 1 in context
    with pytest.raises(TypeError, match="must be str, not int"):
        context.find(1)
    with pytest.raises(TypeError, match="must be str or a tuple of str"):
        context.startswith(1)
    with pytest.raises(ValueError, match="empty separator"):
        context.partition("")
    with pytest.raises(AttributeError, match="'Context' has no attribute 'foo'"):
        assert context.foo
    assert context != 1
    assert "upper" in dir(context) and "lines" in dir(context)


def test_looking_at_the_beginning_does_not_look_at_the_rest():
    source = Source(b"abcd" * 1000, sizes=Sizes(8, 8, 100, 10_000))
    context = Context(source)
    assert context.find("cda") == 2
    assert context.startswith("abcd")
    assert "abcd" in context
    assert len(source._characters) < 5


def test_its_repr_is_short_and_safe():
    context = context_of("ü\n".encode() * 1000, Sizes(8, 8, 16, 10_000))
    assert repr(context).startswith("<Context 'd', 3,000 bytes: 'ü\\nü")
    assert len(repr(context)) < 300
