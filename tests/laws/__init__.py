"""Tests of the law fitter."""
