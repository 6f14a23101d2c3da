"""Tests of `iclaws.results`."""
