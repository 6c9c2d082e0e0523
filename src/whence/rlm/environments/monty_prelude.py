"""What a session in monty begins with: the names that a model is promised, in the Python that monty knows.

It is text, for it never runs here. What it cannot do by itself it asks of the host through `_ask`; patterns
are matched over there, by an engine that no pattern can hang.
"""

from __future__ import annotations

from typing import Final

CLASSES: Final = """
import re
import json

class FailedCall:
    def __init__(self, told):
        self.ok = False
        self.value = None
        self.error = str(told.get("error")) + ": " + str(told.get("message"))

class _Submitted:
    def __init__(self, number):
        self.number = number
    def done(self):
        return _arrived(self.number)
    def result(self):
        return _replies(_wait(self.number), 1, False)[0]

class _Hit:
    def __init__(self, document, line, start, end, text):
        self.document = document
        self.line = line
        self.start = start
        self.end = end
        self.text = text

class _Context:
    def __init__(self, number, name, size):
        self.number = number
        self.name = name
        self.size = size
    def slice(self, start=0, end=None):
        return _slice(self.number, start, end)
    def find(self, text, start=0):
        return _find(self.number, text, start)
    def piece(self, start=0, size=1000000):
        return _piece(self.number, start, size)
    def text(self):
        return _slice(self.number, 0, None)
    def count(self, text):
        found = 0
        place = _find(self.number, text, 0)
        while place >= 0:
            found += 1
            place = _find(self.number, text, place + len(text.encode()))
        return found
"""

FUNCTIONS: Final = """
def _raise(told):
    raise RuntimeError("SubCallFailed: " + str(told.get("error")) + ": " + str(told.get("message")))

def _replies(answer, count, typed):
    if isinstance(answer, dict):
        answer = [answer] * count
    replies = []
    for told in answer:
        if told.get("ok") is not True:
            replies.append(FailedCall(told))
        elif typed:
            replies.append(told.get("value"))
        else:
            replies.append(told.get("text"))
    return replies

def _schema(schema):
    names = {str: "string", int: "integer", float: "number", bool: "boolean", list: "array", dict: "object"}
    if schema is None or isinstance(schema, dict) and not all([type(v) is type for v in schema.values()]):
        return schema
    if isinstance(schema, dict):
        fields = {k: {"type": names[v]} for k, v in schema.items()}
        wanted = {"type": "object", "properties": fields, "required": list(fields)}
        return {**wanted, "additionalProperties": False}
    return {"type": names[schema]}

def _asking(prompts, model, schema, max_tokens, sample):
    told = {"prompts": prompts}
    if model is not None:
        told["model"] = model
    if schema is not None:
        told["schema"] = _schema(schema)
    if max_tokens is not None:
        told["max_tokens"] = max_tokens
    if sample:
        told["sample"] = sample
    return told

def llm_query_batched(prompts, model=None, *, schema=None, max_tokens=None, sample=0):
    prompts = list(prompts)
    if not prompts:
        return []
    answer = _ask("llm", _asking(prompts, model, schema, max_tokens, sample))
    return _replies(answer, len(prompts), schema is not None)

def llm_query(prompt, model=None, *, schema=None, max_tokens=None, sample=0):
    answer = _ask("llm", _asking([prompt], model, schema, max_tokens, sample))
    told = answer if isinstance(answer, dict) else answer[0]
    if told.get("ok") is not True:
        _raise(told)
    return told.get("text") if schema is None else told.get("value")

def llm_submit(prompt, model=None, *, schema=None, max_tokens=None, sample=0):
    return _Submitted(_submit("llm", _asking([prompt], model, schema, max_tokens, sample)))

def _part(context):
    if context is None:
        return None
    if isinstance(context, _Context):
        return {"document": context.number, "start": 0, "end": context.size}
    return {"text": context}

def rlm_query_batched(prompts, contexts=None, model=None):
    prompts = list(prompts)
    over = [None] * len(prompts) if contexts is None else list(contexts)
    if len(over) != len(prompts):
        raise ValueError("rlm_query_batched takes one context for each prompt")
    queries = [{"query": prompts[i], "context": _part(over[i])} for i in range(len(prompts))]
    told = {"queries": queries}
    if model is not None:
        told["model"] = model
    return _replies(_ask("rlm", told), len(prompts), False)

def rlm_query(prompt, context=None, model=None):
    reply = rlm_query_batched([prompt], [context], model)[0]
    if isinstance(reply, FailedCall):
        raise RuntimeError("SubCallFailed: " + reply.error)
    return reply

def estimate_cost(prompts, *, model=None, characters=2000, most_output=None):
    if isinstance(prompts, int):
        sizes = [characters] * prompts
    elif isinstance(prompts, str):
        sizes = [len(prompts)]
    else:
        sizes = [len(prompt) for prompt in prompts]
    told = {"characters": sizes}
    if model is not None:
        told["model"] = model
    if most_output is not None:
        told["most_output"] = most_output
    return _ask("estimate", told)

def _tool(name, args, kwargs):
    told = _ask("tool", {"name": name, "args": list(args), "kwargs": kwargs})
    if told.get("ok") is not True:
        raise RuntimeError(name + ": " + str(told.get("error")) + ": " + str(told.get("message")))
    return told.get("value")

def _finish(value, by):
    if value is None or type(value) is str and not value.strip():
        raise ValueError(by + ": an empty answer: give the value itself, not None or blank text")
    told = _ask("finish", {"value": value, "by": by})
    if told.get("ok") is not True:
        raise ValueError(by + ": this answer is not accepted: " + str(told.get("message")))
    raise KeyboardInterrupt("the answer was accepted")

def FINAL(value):
    _finish(value, "FINAL")

def FINAL_VAR(_variable):
    named = type(_variable) is str and _variable.isidentifier()
    _finish(eval(_variable) if named else _variable, "FINAL_VAR")

def SUBMIT(*args, **kwargs):
    if len(args) > 1 or args and kwargs:
        raise TypeError("SUBMIT takes one value, or the fields of the answer by name")
    _finish(args[0] if args else kwargs, "SUBMIT")

def SHOW_VARS():
    made = _vars()
    print("\\n".join([name + ": " + made[name] for name in made]) or "You have made no variables yet.")

def _described(value):
    kind = type(value)
    if value is None or kind is bool:
        return repr(value)
    if kind is str:
        return "str " + repr(value) if len(value) <= 40 else "str of " + str(len(value)) + " characters"
    if kind is int:
        return "int " + str(value) if -10**30 < value < 10**30 else "a very large int"
    if kind is float:
        return "float " + str(value)
    if kind is list or kind is tuple or kind is dict or kind is set:
        return kind.__name__ + " of " + str(len(value))
    if kind is type:
        return "class"
    return str(kind)[8:-2]

def _look(names):
    told = names.get("answer")
    if type(told) is dict and told.get("ready"):
        told["ready"] = False
        try:
            _finish(told.get("content"), "answer")
        except KeyboardInterrupt:
            pass
        except (ValueError, TypeError) as error:
            print(str(error))
    return {name: _described(names[name]) for name in names if name[0] != "_"}

def _show(value):
    if value is None:
        return
    kind = type(value)
    if kind is str and len(value) > 20000:
        print(repr(value[:20000]) + " … " + str(len(value)) + " characters in all")
    elif (kind is list or kind is tuple) and len(value) > 2000:
        print(repr(value[:2000])[:-1] + ", … " + str(len(value)) + " items in all]")
    else:
        print(repr(value))

def grep(pattern, doc=None, limit=100, before=0, after=0, flags=0):
    found = []
    compiled = re.compile(pattern, flags)
    for number, document in enumerate(docs if doc is None else [doc]):
        name = doc_names[number] if doc is None else getattr(document, "name", None)
        plain = type(document) is str
        start, place, line, size = 0, 0, 1, 1 if plain else document.size
        while start < size:
            text, start = (document, 1) if plain else document.piece(start)
            lines = text.split("\\n")
            for k, each in enumerate(lines):
                match = compiled.search(each)
                if match is not None:
                    first = place + (match.start() if plain else len(each[:match.start()].encode()))
                    length = match.end() - match.start() if plain else len(match.group(0).encode())
                    around = "\\n".join(lines[max(0, k - before):k + after + 1])
                    found.append(_Hit(name, line, first, first + length, around[:2000]))
                    if len(found) >= limit:
                        return found
                if k < len(lines) - 1:
                    line += 1
                    place += (len(each) if plain else len(each.encode())) + 1
                elif not plain:
                    place += len(each.encode())
    return found

def chunk(doc, size=20000, by="lines", overlap=0):
    if by not in ("lines", "characters", "items"):
        raise ValueError("chunk cuts by 'lines', 'characters' or 'items' here")
    if type(doc) is list:
        return [doc[start:start + size] for start in range(0, len(doc), max(1, size - overlap))]
    if type(doc) is not str:
        parts = []
        start = 0
        while start < doc.size:
            text, start = doc.piece(start, size)
            parts.append(text)
        return parts
    parts = []
    start = 0
    while start < len(doc):
        end = min(len(doc), start + size)
        if by == "lines" and end < len(doc):
            cut = doc.rfind("\\n", start, end)
            end = end if cut < start else cut + 1
        parts.append(doc[start:end])
        start = end if end >= len(doc) else max(start + 1, end - overlap)
    return parts

def _count(items, wanted):
    return len([1 for one in items if one == wanted])

def llm_map(question, items, *, labels=None, schema=None, votes=1, on_failure="raise", model=None):
    items = list(items)
    if labels is not None:
        schema = {"enum": list(labels)}
        question = question + "\\nAnswer with one of: " + json.dumps(list(labels))
    prompts = [question + "\\n\\n" + (item if type(item) is str else json.dumps(item)) for item in items]
    rounds = [llm_query_batched(prompts, model, schema=schema, sample=number) for number in range(votes)]
    answers = []
    for i in range(len(items)):
        given = [one[i] for one in rounds if not isinstance(one[i], FailedCall)]
        if not given and on_failure == "raise":
            raise RuntimeError("SubCallFailed: item " + str(i) + ": " + rounds[0][i].error)
        answers.append(max(given, key=lambda one: _count(given, one)) if given else rounds[0][i])
    return answers

def count_by(question, items, labels, votes=1, model=None):
    labels = list(labels)
    counts = {label: 0 for label in labels}
    for label in llm_map(question, items, labels=labels, votes=votes, model=model):
        if label not in counts:
            raise ValueError("the model answered " + repr(label) + ", which is none of the labels")
        counts[label] += 1
    return counts

def pairs(items, test, key=None, labels=None):
    items = list(items)
    if type(test) is str:
        raise TypeError("pairs takes a function of two keys as its test here")
    keys = items if key is None else [key(item) for item in items]
    if labels is not None:
        keys = llm_map(key, items, labels=labels)
    return [(i, j) for i in range(len(items)) for j in range(i + 1, len(items)) if test(keys[i], keys[j])]

def verify(claims, question=None, evidence=None, votes=3, model=None):
    asked = question or "Is this claim true?"
    asked = asked + ("" if evidence is None else "\\n\\nText:\\n" + evidence) + "\\n\\nClaim: "
    answers = []
    rounds = [
        llm_query_batched([asked + claim for claim in claims], model, schema=bool, sample=number)
        for number in range(votes)
    ]
    for i in range(len(claims)):
        given = [one[i] for one in rounds if type(one[i]) is bool]
        yes = _count(given, True)
        answers.append(None if yes * 2 == len(given) else yes * 2 > len(given))
    return answers

def quote(doc, start, end=None):
    if type(start) is str:
        place = doc.find(start)
        if place < 0:
            raise ValueError("these words are not in the document")
        return {"text": start, "start": place, "end": place + len(start)}
    return {"text": doc[start:end] if type(doc) is str else doc.slice(start, end), "start": start, "end": end}
"""

BEGIN: Final = """
answer = {"content": None, "ready": False}
history = []
"""
