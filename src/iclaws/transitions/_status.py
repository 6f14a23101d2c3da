"""How an estimate of a transition ended: one status, with a sentence, never a doubtful number."""

import enum


class Status(enum.StrEnum):
    """Why there is a number, or why there is none."""

    OK = "ok"
    TOO_FEW_POINTS = "too few points"
    TOO_FEW_SEEDS = "too few seeds"
    CONSTANT = "constant"
    NO_TRANSITION = "no transition"
    NOT_IN_RANGE = "not in range"
    UNRESOLVED = "unresolved"
