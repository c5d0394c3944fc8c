"""Protection effectiveness 保护成效评估: rule sets are data, raw values stand beside scores.

The indicator table of HJ 1143 was not reached, so no rule set here is official: until somebody
who has the text enters and signs one, everything printed bears 示例，非官方权重.
"""

from ecoredline.effectiveness.check import Fault, faults_of
from ecoredline.effectiveness.compare import Rank, compare_years, rank_sensitivity
from ecoredline.effectiveness.curves import score
from ecoredline.effectiveness.evaluate import Evaluation, Finding, evaluate
from ecoredline.effectiveness.numbers import Numbers, read_numbers
from ecoredline.effectiveness.rules import DEMO_MARK, RuleSet, signed
from ecoredline.effectiveness.run import assess
from ecoredline.effectiveness.store import read_rules, shipped_rules

__all__ = [
    "DEMO_MARK",
    "Evaluation",
    "Fault",
    "Finding",
    "Numbers",
    "Rank",
    "RuleSet",
    "assess",
    "compare_years",
    "evaluate",
    "faults_of",
    "rank_sensitivity",
    "read_numbers",
    "read_rules",
    "score",
    "shipped_rules",
    "signed",
]
