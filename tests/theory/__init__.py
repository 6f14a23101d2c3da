"""Tests of the theory; a package, so that file names may recur elsewhere."""
