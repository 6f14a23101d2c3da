"""Tests of `iclaws.train`."""
