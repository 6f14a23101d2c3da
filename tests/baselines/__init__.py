"""Tests of `iclaws.baselines`."""
