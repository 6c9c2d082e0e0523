"""The grammar of expressions: what it reads means what JavaScript means by it; the rest is refused, once, aloud."""
# ruff: noqa: E501 - a page in one line is easier to read than one cut into pieces

import html
import json

SIGNALS = {
    "n": 3,
    "s": "Häuser & Co",
    "list": [1, 2, 3],
    "a": {"b": {"c": 7}, "list": ["x"]},
    "yes": True,
    "no": False,
    "nil": None,
    "word": "  abc ",
    "half": 0.5,
    "_local": "L",
    "empty": "",
}

GOOD = [
    ("1", "1"),
    ("1.5", "1.5"),
    (".5 + 1", "1.5"),
    ("1e3", "1000"),
    ("2e-1", "0.2"),
    ("'a'", "a"),
    ('"a"', "a"),
    (r"'it\'s'", "it's"),
    (r"'\u00e4A\n'.length", "3"),
    (r"""'"\\"'""", '"\\"'),
    (r"""'\\\'\"'""", "\\'\""),
    (r"'\\'", "\\"),
    ("'a;b,c)'", "a;b,c)"),
    ("''", ""),
    ("true", "true"),
    ("null", ""),
    ("undefined", ""),
    ("$n", "3"),
    ("$a.b.c", "7"),
    ("$a['b']['c']", "7"),
    ("$a.b", '{"c":7}'),
    ("$list", "[1,2,3]"),
    ("$list[1]", "2"),
    ("$list.length", "3"),
    ("$a.list[0]", "x"),
    ("$s.length", "11"),
    ("$s[0]", "H"),
    ("$missing", ""),
    ("$missing.deep.er", ""),
    ("$_local", "L"),
    ("1 + 2 * 3", "7"),
    ("(1 + 2) * 3", "9"),
    ("10 - 2 - 3", "5"),
    ("12 / 3 / 2", "2"),
    ("7 % 4", "3"),
    ("-2 * -3", "6"),
    ("- -2", "2"),
    ("+'4' + 1", "5"),
    ("1 + '2'", "12"),
    ("!$no", "true"),
    ("!!$n", "true"),
    ("1 < 2", "true"),
    ("2 <= 2", "true"),
    ("3 > 4", "false"),
    ("3 >= 4", "false"),
    ("1 == '1'", "true"),
    ("1 === '1'", "false"),
    ("1 != 2", "true"),
    ("1 !== 1", "false"),
    ("$yes && 'on'", "on"),
    ("$no && 'on'", "false"),
    ("$no || 'off'", "off"),
    ("$nil ?? 'none'", "none"),
    ("$n ?? 1", "3"),
    ("1 || 0 && 0", "1"),
    ("$yes ? 'a' : 'b'", "a"),
    ("$no ? 1 : $yes ? 2 : 3", "2"),
    ("$yes ? $no ? 1 : 2 : 3", "2"),
    ("1 + 1 == 2 ? 'right' : 'wrong'", "right"),
    ("!$yes == $no", "true"),
    ("[1, 'a', $n]", '[1,"a",3]'),
    ("[1, 2,].length", "2"),
    ("{a: 1, 'b c': $n, 3: 4,}", '{"3":4,"a":1,"b c":3}'),
    ("({a: 1}).a", "1"),
    ("{a: {b: [1, {c: 2}]}}", '{"a":{"b":[1,{"c":2}]}}'),
    ("{}", "{}"),
    ("[]", "[]"),
    ("[1, 2].join('-')", "1-2"),
    ("$s.includes('&')", "true"),
    ("$s.startsWith('H')", "true"),
    ("$s.endsWith('x')", "false"),
    ("$word.trim()", "abc"),
    ("$word.trim().toUpperCase()", "ABC"),
    ("'AB'.toLowerCase()", "ab"),
    ("$half.toFixed(2)", "0.50"),
    ("(1.005).toFixed(1)", "1.0"),
    ("$s.slice(0, 3)", "Häu"),
    ("$list.slice(1).join('+')", "2+3"),
    ("$list.includes(2)", "true"),
    ("$list.indexOf(3)", "2"),
    ("'abc'.indexOf('c')", "2"),
    ("Math.round(2.5)", "3"),
    ("Math.min(3, $n, 1)", "1"),
    ("Math.max(1, 2) * 2", "4"),
    ("Math.abs(-4)", "4"),
    ("el.id", "good"),
    ("el.tagName", "SPAN"),
    ("el.dataset.note", "kept"),
    ("1, 2", "2"),
    ("1; 2", "2"),
    ("1;;2;", "2"),
    ("", ""),
    (";", ""),
    (" \n\t1 \n + 1 ", "2"),
    ("$n > 2 && $list.length === 3 && !$no", "true"),
    ("@peek(() => $n + 1)", "4"),
    ("@peek(() => ($n, $half))", "0.5"),
    ("location.href.startsWith('http')", "true"),
    ("'a' + null", "anull"),
    ("$n - 1 + $n", "5"),
    ("2 + $n-1", "4"),
    ("$list[$n - 1]", "3"),
    ("'<b>' + $s + '</b>'", "<b>Häuser & Co</b>"),
]

BAD = [
    "alert(1)",
    "window",
    "document.cookie",
    "globalThis",
    "self",
    "top",
    "eval('1')",
    "Function('1')()",
    "fetch('/x')",
    "setTimeout('1')",
    "el.constructor",
    "el['constructor']",
    "el['const' + 'ructor']",
    "''.constructor",
    "[].constructor.constructor('1')()",
    "el.__proto__",
    "$list.__proto__",
    "$list['__proto__']",
    "({}).prototype",
    "{__proto__: 1}",
    "{'__proto__': 1}",
    "{constructor: 1}",
    "$__proto__",
    "$constructor",
    "$a.__proto__.x",
    "el.ownerDocument",
    "el.innerHTML",
    "el.outerHTML",
    "el.parentNode",
    "el.innerHTML = 'x'",
    "el.textContent = 'x'",
    "el.remove()",
    "el.setAttribute('a', 'b')",
    "el.onclick",
    "$s.replace('a', 'b')",
    "$s.at(0)",
    "$s.repeat(9)",
    "$list.map(1)",
    "$list.push(1)",
    "$list.concat(1)",
    "$list.filter(1)",
    "el.click.call(1)",
    "'a'.trim.call('b')",
    "Math.random()",
    "Math",
    "Math.PI",
    "Math['max'](1)",
    "Math.constructor",
    "location",
    "location.reload()",
    "location = '/'",
    "location.search",
    "JSON.stringify(1)",
    "new Date()",
    "() => 1",
    "x => 1",
    "function () {}",
    "`a`",
    "`${1}`",
    r"'\x41'",
    r"'\q'",
    "1 +",
    "(1",
    "1)",
    "[1",
    "{a: 1",
    "{a}",
    "{a 1}",
    "1 2",
    "'a",
    '"a',
    "a.b",
    "1 = 2",
    "'a' = 1",
    "$n +",
    "? 1",
    "1 ? 2",
    "1 ? 2 :",
    "@",
    "@nothing()",
    "@get",
    "get('/x')",
    "@get('https://elsewhere.example/')",
    "@post('//elsewhere.example/')",
    "$a.b.",
    "$",
    "$1",
    "#",
    "a#b",
    "1..2",
    "&& 1",
    "1 & 2",
    "1 | 2",
    "1 ^ 2",
    "~1",
    "1 << 2",
    "2 ** 3",
    "typeof 1",
    "void 0",
    "delete $n",
    "'a' in $a",
    "$a instanceof 1",
    "if (1) 2",
    "while (1) 1",
    "return 1",
    "let x = 1",
    "throw 1",
    "this",
    "super",
    "import('x')",
    "await 1",
    "yield",
    "...$list",
    "$nil.x.y.z()",
    "evt.type",
    "null.x",
    "(1)(2)",
    "$n()",
    "$s()",
    "@get()()",
    "{toString: 1} + ''",
    "\\u0061",
    "1;2 3",
    ",",
    "1,,2",
    "[,]",
    "{,}",
    "location.href = 'https://elsewhere.example/'",
    "location.href = '//elsewhere.example/'",
    "location.href = 'javascript:1'",
    "location.href = '/\\\\elsewhere.example/'",
    "location.href += 'x'",
    "(" * 9000,
]


def cells(rows):
    return "".join(
        f'<span id="good" data-note="kept" data-text="{html.escape(each)}">untouched</span>' for each in rows
    )


def page(rows):
    return f"<div data-signals='{html.escape(json.dumps(SIGNALS), quote=True)}'></div>{cells(rows)}<p id=last data-text=\"'alive'\"></p>"


def test_expressions_mean_what_javascript_means_by_them(show):
    tab = show(page([source for source, _ in GOOD]))
    assert tab.text_content("#last") == "alive"
    found = tab.locator("#good").evaluate_all("(all) => all.map((el) => el.textContent)")
    assert {source: value for (source, _), value in zip(GOOD, found, strict=True)} == dict(GOOD)


def test_what_is_not_in_the_grammar_is_refused_once_and_stops_nothing(show, told, tab):
    told.expected = True
    tab = show(page(BAD))
    assert tab.text_content("#last") == "alive"
    found = tab.locator("#good").evaluate_all("(all) => all.map((el) => el.textContent)")
    assert {
        source[:60]: value for source, value in zip(BAD, found, strict=True) if value != "untouched"
    } == {}
    assert len(told.errors) == len(BAD)
    assert all("data-text" in each and '<span id="good">' in each for each in told.errors)
    assert tab.url.endswith("/")


ASSIGNMENTS = [
    ("$n = 5", {"n": 5}),
    ("$n += 2", {"n": 5}),
    ("$n -= 1", {"n": 2}),
    ("$n++", {"n": 4}),
    ("$n--", {"n": 2}),
    ("++$n", {"n": 4}),
    ("$a.b.c = 1", {"a": {"b": {"c": 1}, "list": ["x"]}}),
    ("$new.deep = 'x'", {"new": {"deep": "x"}}),
    ("$n = $a.b.c = 2", {"n": 2, "a": {"b": {"c": 2}, "list": ["x"]}}),
    ("$s += '!'", {"s": "Häuser & Co!"}),
    ("$n = $yes ? 1 : 2, $half = 1", {"n": 1, "half": 1}),
    ("$n = 1; $half = 2", {"n": 1, "half": 2}),
    ("$half = $n++", {"n": 4, "half": 3}),
    ("$half = ++$n", {"n": 4, "half": 4}),
    ("$half = $n--", {"n": 2, "half": 3}),
    ("$no || ($n = 9)", {"n": 9}),
    ("$yes || ($n = 9)", {}),
    ("$yes ? ($n = 1) : ($n = 2)", {"n": 1}),
    ("$n = {a: [1]}", {"n": {"a": [1]}}),
    ("@setAll(1, {include: '^(n|half)$'})", {"n": 1, "half": 1}),
    ("@toggleAll({include: '^(yes|no)$'})", {"yes": False, "no": True}),
    ("$s = evt.type + evt.target.id", {"s": "clickgo"}),
    ("$n = evt.ctrlKey", {"n": False}),
    ("$a = 1", {"a": 1}),
    ("$n == 3 && ($n = 4)", {"n": 4}),
    ("$n = $nil ?? 'x'", {"n": "x"}),
]


def test_assignments_change_signals_as_javascript_would(show):
    known = {name: value for name, value in SIGNALS.items() if name != "nil"}
    again = (
        "; ".join(f"${name} = {json.dumps(value)}" for name, value in known.items()) + "; $new = undefined"
    )
    told = "{" + ", ".join(f"{name}: ${name}" for name in [*known, "new"]) + "}"
    buttons = "".join(
        f'<button id="go" data-on:click="{html.escape(each)}">go</button>' for each, _ in ASSIGNMENTS
    )
    tab = show(
        f'<button id=again data-on:click="{html.escape(again)}">again</button>{buttons}<p id=told data-text="{html.escape(told)}"></p>'
    )
    found = tab.locator("#go").evaluate_all(
        """(all) => all.map((el) => {
            document.querySelector("#again").click();
            el.click();
            return document.querySelector("#told").textContent;
        })"""
    )
    changed = [
        {name: value for name, value in json.loads(each).items() if value != known.get(name)}
        for each in found
    ]
    assert changed == [
        {name: value for name, value in each.items() if value != known.get(name)} for _, each in ASSIGNMENTS
    ]
