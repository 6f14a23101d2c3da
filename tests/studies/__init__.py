"""Tests of `iclaws.studies`."""
