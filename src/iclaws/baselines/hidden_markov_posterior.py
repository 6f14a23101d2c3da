"""The exact posterior of a mixture of hidden Markov models."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from ..models import AbstractLogitModel
from ._base import AbstractBaseline, baselines


@baselines.register("hidden-markov-posterior")
class HiddenMarkovPosterior(AbstractBaseline, AbstractLogitModel):
    r"""$P(x_{t+1} \mid x_{1..t})$ by forward recursion over all models and hidden states.

    The Bayes predictor of documents whose model is drawn uniformly (arXiv 2111.02080).

    Attributes:
        start: Chances of the first hidden state, `(H,)`.
        transition: One matrix per model, rows summing to 1, `(N, H, H)`.
        emission: Chances of each token in each hidden state, `(H, V)`.
    """

    start: Float[Array, "*runs H"]
    transition: Float[Array, "*runs N H H"]
    emission: Float[Array, "*runs H V"]

    @classmethod
    def example(cls, num_dims: int) -> "HiddenMarkovPosterior":
        """Return two models of three hidden states that may show any token."""
        generator = np.random.default_rng(0)
        shapes = ((3,), (2, 3, 3), (3, num_dims))
        return cls(
            *(jnp.asarray(generator.dirichlet(np.ones(s[-1]), s[:-1]), jnp.float32) for s in shapes)
        )

    def logits(self, xs: Array, ys: Array, positions: Int[Array, " G"]) -> Float[Array, "G V"]:
        """Return the log posterior predictive chances."""
        del ys

        def step(state: Array, token: Array) -> tuple[Array, Array]:
            # state[n, h] is proportional to P(model n, hidden h now, tokens before now).
            seen = state * self.emission[:, token][None, :]
            # Impossible tokens (of another language) leave it as it was.
            total = jnp.sum(seen)
            seen = jnp.where(total > 0.0, seen / jnp.where(total > 0.0, total, 1.0), state)
            ahead = jnp.einsum("nh,nhg->ng", seen, self.transition)
            return ahead, jnp.log(jnp.sum(ahead, axis=0) @ self.emission + 1e-30)

        num_models = self.transition.shape[0]
        prior = jnp.repeat(self.start[None, :] / num_models, num_models, axis=0)
        return jax.lax.scan(step, prior, xs)[1][positions]
