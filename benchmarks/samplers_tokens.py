"""The families of tokens and pools in plain NumPy, to be timed: rows in loops, as published."""

import numpy as np

RNG = np.random.default_rng(0)


def mqar(size, tokens=64, vocabulary=256, pairs=4, power=0.01):
    """Associative recall; keys, values and slots are chosen row by row."""
    half, start = vocabulary // 2, 2 * pairs
    slots = np.arange(1, (tokens - start) // 2 + 1) ** (power - 1.0)
    slots /= slots.sum()
    inputs, labels = np.zeros((2, size, tokens), np.int64)
    for row, label in zip(inputs, labels, strict=True):
        keys = RNG.choice(np.arange(1, half), pairs, replace=False)
        values = RNG.choice(np.arange(half, vocabulary), pairs, replace=False)
        asked = start + 2 * RNG.choice(len(slots), pairs, replace=False, p=slots)
        row[0:start:2], row[1:start:2], row[asked], label[asked] = keys, values, keys, values
    return inputs, labels


def markov_chain(size, tokens=64, vocabulary=8):
    """Markov chains, all rows at once, token after token."""
    rows = RNG.dirichlet(np.ones(vocabulary), (size, vocabulary)).cumsum(axis=2)
    chain = np.zeros((size, tokens + 1), np.int64)
    chain[:, 0] = RNG.integers(0, vocabulary, size)
    index = np.arange(size)
    for t in range(tokens):
        above = RNG.random((size, 1)) > rows[index, chain[:, t]]
        chain[:, t + 1] = np.minimum(above.sum(axis=1), vocabulary - 1)
    return chain[:, :-1], chain[:, 1:]


def k_hop(size, tokens=64, vocabulary=5, hops=2):
    """Follow earlier occurrences, row by row and hop by hop."""
    inputs = RNG.integers(0, vocabulary - 1, (size, tokens))
    labels = np.full((size, tokens), vocabulary - 1)
    for row, label in zip(inputs, labels, strict=True):
        after, find = {}, np.full(tokens, -1)
        for i, token in enumerate(row):
            if i:
                after[row[i - 1]] = i
            find[i] = after.get(token, -1)
        at = np.arange(tokens)
        for _ in range(hops):
            at = np.where(at >= 0, find[at], -1)
        label[at >= 0] = row[at[at >= 0]]
    return inputs, labels


def hidden_markov(size, tokens=64, states=12, components=3):
    """Documents of one of a few hidden Markov models, one document after the other."""
    transition = RNG.dirichlet(np.ones(states), (components, states))
    emission = RNG.integers(0, 8, states)
    documents = np.zeros((size, tokens + 1), np.int64)
    for document in documents:
        model, state = transition[RNG.integers(components)], RNG.integers(states)
        for t in range(tokens + 1):
            state = RNG.choice(states, p=model[state])
            document[t] = emission[state]
    return documents[:, :-1], documents[:, 1:]


def context_classes(size, dims=64, context=8, classes=2048, labels=32):
    """Noisy items of fixed classes, one context after the other."""
    means = RNG.standard_normal((classes, dims)).astype(np.float32) / dims**0.5
    names = RNG.integers(0, labels, classes)
    items, answers = np.zeros((size, context + 1, dims), np.float32), []
    for item in items:
        shown = RNG.choice(classes, context, replace=False)
        shown = np.append(shown, shown[RNG.integers(context)])
        item[:] = means[shown] + 0.1 * RNG.standard_normal((context + 1, dims)) / dims**0.5
        answers.append(names[shown])
    return items, np.stack(answers)


def retrieval(size, dims=20, points=65):
    """Unit vectors with labels; the last repeats one of them."""
    xs = RNG.standard_normal((size, points, dims), dtype=np.float32)
    xs /= np.linalg.norm(xs, axis=2, keepdims=True)
    ys, index = RNG.standard_normal((size, points), dtype=np.float32), np.arange(size)
    which = RNG.integers(0, points - 1, size)
    xs[:, -1], ys[:, -1] = xs[index, which], ys[index, which]
    return xs, ys


POOL = RNG.standard_normal((1024, 8)).astype(np.float32)


def discrete(size, dims=8, points=16):
    """Linear regression on a pool of tasks."""
    xs = RNG.standard_normal((size, points, dims), dtype=np.float32)
    w = POOL[RNG.integers(0, len(POOL), size)]
    noise = RNG.standard_normal((size, points), dtype=np.float32)
    return xs, (xs @ w[..., None])[..., 0] + 0.5 * noise


SAMPLERS = {
    "mqar": mqar,
    "markov-chain": markov_chain,
    "k-hop-induction": k_hop,
    "hidden-markov-mixture": hidden_markov,
    "in-context-classification": context_classes,
    "retrieval": retrieval,
    "discrete-linear": discrete,
}
