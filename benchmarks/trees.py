"""Tree learners on decision trees: `python benchmarks/trees.py [--prompts 4000]`.

The published task of arXiv 2208.01066 (depth 4, D = 20, leaves N(0, 1)) at k = 100: mean squared
error with its standard error of a greedy tree, by greatest depth, and of boosted trees, on
covariates as they are and on their signs. Published: 0.80 and 0.62, on signs 0.50 and 0.31.
"""

import argparse

import jax
import numpy as np

from iclaws.baselines.boosted_trees import BoostedTrees
from iclaws.baselines.greedy_tree import GreedyTree
from iclaws.tasks.decision_tree import DecisionTree

LEARNERS = {
    "greedy, depth 2": GreedyTree(2),
    "greedy, depth 4": GreedyTree(4),
    "greedy, unlimited": GreedyTree(None),
    "boosted, 50 of depth 4, rate 0.1": BoostedTrees(),
    "boosted, 100 of depth 6, rate 0.3": BoostedTrees(100, 6, 0.3),
}


def draw(prompts, num_context):
    """Return covariates and noise-free labels of that many prompts."""
    task = DecisionTree(20, num_context)

    def one(key):
        latent_key, key = jax.random.split(key)
        drawn = task.sample_sequence(key, task.sample_latent(latent_key), num_context + 1)
        return drawn.xs, drawn.ys

    drawn = jax.jit(jax.vmap(one))(jax.random.split(jax.random.key(0), prompts))
    return [np.asarray(part, np.float64) for part in drawn]


def main():
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prompts", type=int, default=4000)
    parser.add_argument("--context", type=int, default=100)
    options = parser.parse_args()
    xs, ys = draw(options.prompts, options.context)
    print("| learner | covariates | signs |\n|---|---|---|")
    for name, learner in LEARNERS.items():
        cells = []
        for inputs in (xs, np.sign(xs)):
            at = options.context
            answers = [learner.predict_at(x, y, at) for x, y in zip(inputs, ys, strict=True)]
            errors = (np.array(answers) - ys[:, at]) ** 2
            cells.append(f"{errors.mean():.3f} ± {errors.std() / len(errors) ** 0.5:.3f}")
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
