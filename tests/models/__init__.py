"""Tests of `iclaws.models`."""
