"""Whether every reply to random causal questions is true: estimands against models, proofs against lies.

Every question goes through `identify`, every reply through `verify`. Random graphs of 4 to 8 nodes (ADMGs,
and DAGs with latent nodes) for effects with one or two treatments and outcomes and up to two conditions;
smaller ones for contrasts, effects on the treated, events in several worlds, parts of effects and paths,
experiments on other variables, other populations, policies, selected samples and records with gaps. Each
estimand is compared with exact random models to 1e-8, those of several worlds unit by unit; the two models of
each refusal, where their units are few, are held against the definition. Then proofs and refusals are changed
or made up, and those that state something false must be rejected. The counts are of trials; the last figure
is trials per CPU second.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent / "tests"))

import numpy as np

from oracles.claims import states_something_false as is_false_in_models
from oracles.policies import policy_trial
from oracles.refusals import is_false, is_plain
from oracles.replies import mediated_replies, reply_trials
from oracles.trials import Tally, contrast_trials, random_effect, random_trials
from oracles.worlds import random_admg
from verification.altered import Forger
from verification.liars import Liar
from verification.mutations import Mutant, mutants, states_something_false
from verification.refused import KINDS, random_question, refused
from verification.wrong_models import changed_refusals
from whence.identification.identify import identify
from whence.identification.verify import verify
from whence.language.estimand import Estimand
from whence.language.refusals import NotIdentified
from whence.runtime.errors import ProofRejected, QueryError


def policies(count: int, seed: int) -> Tally:
    """One or two random policies, with or without an experiment on the first."""
    tally = Tally()
    for number in range(count):
        trial = policy_trial((seed, number, 2), number % 2 == 1, number % 10 == 0)
        tally.counts[trial.verdict] += 1
        if trial.wrong:
            tally.faults.append(f"wrong, trial {number}: {trial.wrong}")
    return tally


def changed_proofs(count: int, seed: int) -> Tally:
    """Proofs of the identifier, changed, until `count` of them are false."""
    tally = Tally()
    number = 0
    while tally.counts["false"] < count:
        number += 1
        rng = np.random.default_rng((seed, number, 5))
        graph = random_admg(rng, int(rng.integers(3, 7)), float(rng.uniform(1.5, 4)))
        found = identify(random_effect(rng, graph.observed), graph)
        if isinstance(found, Estimand):
            for mutant in mutants(found, rng):
                hold_against(mutant, number, tally)
    return tally


def made_up_proofs(count: int, seed: int) -> Tally:
    """Proofs by the letter of the rules with sets drawn at random, until `count` of them are false."""
    tally = Tally()
    number = 0
    while tally.counts["false"] < count:
        number += 1
        rng = np.random.default_rng((seed, number, 6))
        graph = random_admg(rng, int(rng.integers(3, 6)), float(rng.uniform(1, 3)))
        try:
            estimand = Liar(graph, rng).proof()
        except QueryError:
            continue
        hold_against(Mutant(estimand, graph, "made up"), number, tally)
    return tally


def altered_proofs(count: int, seed: int) -> Tally:
    """Proofs of every kind but those that are searched for, changed, until `count` of each are false."""
    tally = Tally()
    for kind in KINDS[:-2]:
        number, least = 0, tally.counts["false"] + count // len(KINDS[:-2])
        while tally.counts["false"] < least:
            number += 1
            rng = np.random.default_rng((seed, number, KINDS.index(kind), 77))
            try:
                query, graph, given = random_question(kind, rng)
                found = identify(query, graph, given)
            except QueryError:
                continue
            plain = isinstance(found, Estimand) and not graph.latent
            if plain and is_false_in_models(found, graph, number) is False:
                for mutant in Forger(found, rng).mutants():
                    false = is_false_in_models(mutant.estimand, mutant.graph, number)
                    hold_against(mutant, number, tally, false)
    return tally


def wrong_models(count: int, seed: int) -> Tally:
    """Refusals of every kind but those that are searched for, changed, until `count` of each are false."""
    tally = Tally()
    for kind in KINDS[:-2]:
        least, before = tally.counts["false"] + count // len(KINDS[:-2]), list[NotIdentified]()
        for number, (refusal, graph) in enumerate(refused(kind, seed)):
            if tally.counts["false"] >= least:
                break
            if is_plain(refusal):
                rng = np.random.default_rng((seed, number, 31))
                for how, mutant, other in changed_refusals(refusal, graph, before, rng):
                    if is_plain(mutant):
                        hold_against(Mutant(mutant, other, how), number, tally, is_false(mutant, other))  # type: ignore[arg-type]
                before = [refusal, *before[:1]]
    return tally


def hold_against(mutant: Mutant, seed: int, tally: Tally, false: bool | str | None = "ask") -> None:
    """Count a mutant as false, meaningless or true; what is accepted and not true is a fault."""
    if false == "ask":
        false = states_something_false(mutant, seed)
    tally.counts["true" if false is False else "meaningless" if false is None else "false"] += 1
    try:
        verify(mutant.estimand, mutant.graph)
    except ProofRejected:
        return
    tally.counts["accepted"] += 1
    if false is not False:
        tally.fault(f"accepted: {mutant.how}", mutant.graph, mutant.estimand.query, mutant.estimand)


def main() -> int:
    """Print a line per kind of trial; 1 if anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=2_000, help="questions of each kind")
    parser.add_argument("--lies", type=int, default=1_000, help="false proofs of each kind")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    trials, lies, seed = options.trials, options.lies, options.seed
    runs: dict[str, Callable[[], Tally]] = {
        "effects, joint and conditional": lambda: random_trials(trials, seed),
        "contrasts, differences, ratios": lambda: contrast_trials(trials, seed),
        "effects on the treated": lambda: contrast_trials(trials, seed, treated=True),
        "events in several worlds": lambda: reply_trials("counterfactual", trials // 5, seed),
        "from experiments": lambda: reply_trials("counterfactual from experiments", trials // 5, seed),
        "parts of effects, and paths": lambda: mediated_replies(trials // 5, seed),
        "effects from experiments": lambda: reply_trials("surrogate", trials // 5, seed),
        "from other populations": lambda: reply_trials("transport", trials // 5, seed),
        "effects of policies": lambda: policies(trials // 5, seed),
        "selected samples": lambda: reply_trials("selection", trials // 25, seed),
        "records with gaps": lambda: reply_trials("missing", trials // 25, seed),
        "changed proofs": lambda: changed_proofs(lies, seed),
        "made-up proofs": lambda: made_up_proofs(lies, seed),
        "changed proofs of every kind": lambda: altered_proofs(lies, seed),
        "changed models of refusals": lambda: wrong_models(lies, seed),
    }
    faults = 0
    for name, run in runs.items():
        begun = time.process_time()
        tally = run()
        kinds = Counter({key: n for key, n in tally.counts.items() if n and not key.startswith("shape")})
        told = sum(n for key, n in kinds.items() if "," not in key and key != "accepted")
        pace = told / (time.process_time() - begun)
        shown = ", ".join(f"{key} {n:,}" for key, n in sorted(kinds.items()))
        told_of = f"faults {len(tally.faults)}  ({shown})  {pace:,.0f} per CPU second, seed {seed}"
        print(f"{name:32} {told_of}", flush=True)
        for fault in tally.faults[:5]:
            print(f"    {fault}")
        faults += len(tally.faults)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
