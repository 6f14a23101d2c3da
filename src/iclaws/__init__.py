"""A laboratory for the scaling laws of in-context learning.

Task structure gives a prediction; a study trains a grid of small models in compiled
ensembles; the store keeps what each of them reached beside exact references; laws are
fitted with honest intervals; claims get a verdict. See `README.md` for the first run.
"""

__version__ = "0.1.0"
