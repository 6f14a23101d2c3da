"""The tests of studies share the cache of compiled programs with those of training."""

from train.conftest import cache as cache
