"""A ranker that learns from verdicts: features, training by place, a model file with its card."""

from ecoredline.learn.features import FEATURES, feature_table, read_features, write_features
from ecoredline.learn.model import RankModel, approve, load_model, save_model
from ecoredline.learn.training import train

__all__ = [
    "FEATURES",
    "RankModel",
    "approve",
    "feature_table",
    "load_model",
    "read_features",
    "save_model",
    "train",
    "write_features",
]
