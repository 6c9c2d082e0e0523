"""An executor whose batches come back in a shuffled order: what must not change a result, made to happen.

Every item is a batch of its own, or a batch that is broken off; an answer is held back until others have
come in, and then one of those that wait is let go by chance (seeded; which ones wait depends on the threads).
"""

from __future__ import annotations

import random
import threading
from dataclasses import replace

from whence.runtime.executor.parallel import Parallel
from whence.runtime.executor.threads import Threads

SECONDS_HELD = 0.003


def shuffled(seed, workers=3):
    """An executor that completes items in an order that hangs on `seed`."""
    return Parallel(Shuffled(seed), workers)


class Shuffled:
    """Threads whose answers come back by chance; `order` is the order in which they did, over all maps."""

    name = "shuffled"
    shares_memory = True
    on_these_cores = False  # as many at once as were asked for

    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.order = []

    def begin(self, task):
        return _Held(Threads().begin(task), self)

    def close(self):
        pass


class _Held:
    def __init__(self, carrier, backend):
        self._carrier = carrier
        self._backend = backend
        self._waiting = []
        self._changed = threading.Condition()

    def do(self, items):
        reply = self._carrier.do(items[: self._backend.chance.randint(1, len(items))])
        mine = object()
        with self._changed:
            self._waiting.append(mine)
            while True:
                self._changed.wait(SECONDS_HELD)
                if mine not in self._waiting:
                    break
                self._waiting.remove(self._backend.chance.choice(self._waiting))
                self._changed.notify_all()
                if mine not in self._waiting:
                    break
            self._backend.order.extend(items[: len(reply.results)])
        # So slow by its own account that the next batches are small.
        return replace(reply, seconds=0.01 * len(reply.results))

    def stop(self):
        self._carrier.stop()

    def end(self):
        self._carrier.end()
