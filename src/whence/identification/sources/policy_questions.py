"""`identify_policy`: what would be, were variables decided by policies of ours, from what was observed.

The question is an ordinary one, such as E[Y] or P(Y | W), asked of the population where the policies are in
force. What is proved is an estimand in what was observed and in the policies themselves, which stand in it as
distributions at hand: P@policy(X | Z). To evaluate it, put the shares that each policy gives to the levels of
X in their place, and the frequencies of the data in place of the rest; one proof serves for all policies that
look at the same variables. A policy that always gives one value, `Policy("X", value=1)`, is do(X=1).

Sources: J. Tian (UAI 2008) and J. Correa and E. Bareinboim (AAAI 2020), as in `policies`.

>>> from whence.language.graph import Edge
>>> g = Graph.of((), [Edge("Z", "X"), Edge("Z", "Y"), Edge("X", "Y")])
>>> found = identify_policy("P(Y)", g, Policy("X", ("Z",)))
>>> str(found.query), found.text
('P@policy(Y)', 'Σ_{X, Z} P(Z) P(Y | X, Z) P@policy(X | Z)')
>>> [str(source) for source in found.given]
['P(X, Y, Z)', 'P@policy(X | Z), where the mechanism of X may differ']
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from whence.identification.ledger import general_assumptions, listed
from whence.identification.projection import latent_projection
from whence.identification.query_checks import check_query
from whence.identification.sources.general_id import Thicket
from whence.identification.sources.given import Given, as_known, sources_from
from whence.identification.sources.policies import Policy, prove_policy
from whence.identification.sources.policy_refusal import refuse_policy
from whence.language.assumptions import Assumption
from whence.language.estimand import Estimand, General, Step
from whence.language.expression import Expression, Kernel, P, Term, atoms, pattern, replace_atoms, substitute
from whence.language.graph import Graph
from whence.language.printing import to_text
from whence.language.query import Query
from whence.language.query_text import query as read_query
from whence.language.refusals import NotIdentified, NotYetAnswerable
from whence.language.source import POLICY, Source
from whence.runtime.errors import InvalidQuery, RepeatedVariable
from whence.runtime.events import Derived, emit, heard


def identify_policy(
    query: Query | str,
    graph: Graph,
    policies: Policy | Iterable[Policy],
    given: Given | Iterable[Given] | None = None,
) -> Estimand | NotIdentified | NotYetAnswerable:
    """The estimand of a query where the policies are in force, with its derivation, or why there is none.

    `query` says what is asked, as `wh.identify` reads it, or its text; `do` in it is in force beside the
    policies. `given` are the distributions at hand, as in `wh.identify`; without it, all observed variables
    were seen together. The estimand's `given` are these and the policies. `NotIdentified` is proved by two
    models and a policy; `NotYetAnswerable` says that neither a formula nor such models were found.

    Raises what `wh.identify` raises, and `InvalidQuery` where there is no policy, where one looks at what
    comes after its variable, for a source named "policy" and for a graph other than a DAG or ADMG.
    """
    chosen = (policies,) if isinstance(policies, Policy) else tuple(policies)
    if not chosen:
        cure = 'Name one, as in identify_policy("P(Y)", graph, Policy("X", ("Z",))).'
        raise InvalidQuery("A question about policies needs a policy.", cure)
    asked = under(read_query(query), chosen)
    if isinstance(asked, NotYetAnswerable):
        return asked
    check_query(asked, graph)
    plain = latent_projection(graph)
    rules = tuple(Source(policy.mechanism, (policy.variable,)) for policy in chosen if policy.value is None)
    known = sources_from(given, graph) or (Source(P(plain.nodes)),)
    names = (*asked.variables, *(name for each in chosen for name in (each.variable, *each.given)))
    check_query(Query(P(dict.fromkeys(names))), graph)
    observed, read = as_known(plain, (*known, *rules), names)
    sources = [source for source in read if source.population != POLICY]
    proved: dict[P, Step] = {}
    for atom in atoms(asked.body):
        assert isinstance(atom, P)
        claim = pattern(atom)
        found = proved.get(claim) or _proved(atom, observed, chosen, sources)
        if isinstance(found, Thicket):
            return refuse_policy(asked, graph, (known, rules), found)
        proved[claim] = found
    root = Step("query", asked.body, _put_in(asked.body, proved), (), tuple(proved.values()))
    if heard():
        for step in root.walk():
            emit(Derived(stage="identify", formula=f"{to_text(step.claim)}: {step.rule}"))
    assumptions = _ledger(observed, asked, chosen, names)
    return Estimand(asked, root.formula, root, General(), graph, assumptions, (*known, *rules))


def under(query: Query, policies: Sequence[Policy]) -> Query | NotYetAnswerable:
    """The query asked of the population where the policies are in force, each fixed value among what is done.

    Raises `RepeatedVariable` for what is governed and done.
    """
    always = [Term(policy.variable, policy.value) for policy in policies if policy.value is not None]
    governed = {policy.variable for policy in policies}
    body = query.body
    for atom in atoms(body):
        if isinstance(atom, Kernel):
            raise InvalidQuery("A kernel Q[…] is no question.", "Ask for P(Y) instead.")
        if any(term.world for term in atom.terms) or atom.population not in ("", POLICY):
            return NotYetAnswerable(
                "Questions about other worlds or populations are not answered where policies are in force.",
                ("asking for a probability or a mean where the policies are in force",),
            )
        twice = sorted(governed.intersection(term.name for term in atom.do) - {t.name for t in always})
        if twice:
            raise RepeatedVariable(twice[0])

    def change(atom: P | Kernel) -> Expression:
        assert isinstance(atom, P)
        do = (*atom.do, *(term for term in always if term not in atom.do))
        return P(atom.of, atom.given, do, POLICY)

    return Query(replace_atoms(body, change), None, query.assuming)


def _proved(atom: P, graph: Graph, policies: Sequence[Policy], sources: Sequence[Source]) -> Step | Thicket:
    """What the atom claims for all its values, proved; or what bars it."""
    of, seen = ([term.name for term in part] for part in (atom.of, atom.given))
    done = [Policy(term.name, value=0 if term.value is None else term.value) for term in atom.do]
    governing = [policy for policy in policies if policy.value is None]
    return prove_policy(graph, of, [*governing, *done], seen, sources)


def _put_in(body: Expression, proved: dict[P, Step]) -> Expression:
    """The question with the formula of each probability in its place, at its values."""

    def change(atom: P | Kernel) -> Expression:
        assert isinstance(atom, P)
        values = {term.name: term.value for term in atom.terms if term.value is not None}
        return substitute(proved[pattern(atom)].formula, values)

    return replace_atoms(body, change)


def _ledger(
    graph: Graph, query: Query, policies: Sequence[Policy], names: Sequence[str]
) -> tuple[Assumption, ...]:
    """What the estimand rests on, the asker's own assumptions last."""
    who = listed(tuple(dict.fromkeys([*(policy.variable for policy in policies), *query.treatments])))
    consistent = Assumption(
        f"Having a value of {who} by policy is the same as being seen at it, "
        "and nobody's outcome depends on another's treatment.",
        "default",
        about="consistency",
    )
    found = [consistent]
    for policy in policies:
        if policy.value is None:
            by = f"by {listed(policy.given)} and chance alone" if policy.given else "by chance alone"
            found.append(
                Assumption(f"{policy.variable} is decided {by} where its policy is in force.", "user")
            )
    found += general_assumptions(graph, Query(P(dict.fromkeys(names))))
    return (*found, *(Assumption(text, "user") for text in query.assuming))
