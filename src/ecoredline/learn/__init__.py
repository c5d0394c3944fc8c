"""Learning from verdicts: a ranker of patches, a detector by pixels; each a file with its card."""

from ecoredline.learn.features import FEATURES, feature_table, read_features, write_features
from ecoredline.learn.labelled import LabelledPair, place_of, read_pair, run_pair
from ecoredline.learn.model import RankModel, approve, load_model, model_kind, save_model
from ecoredline.learn.net_model import NetModel, load_net
from ecoredline.learn.pixel_model import PixelModel, approve_pixels, load_pixel_model
from ecoredline.learn.pixel_training import Place, train_pixels
from ecoredline.learn.training import train


def load_detector(path):
    """A trained detector of either kind, trees or net. Raises `SourceError`."""
    return load_net(path) if model_kind(path) == "net" else load_pixel_model(path)


__all__ = [
    "FEATURES",
    "LabelledPair",
    "NetModel",
    "PixelModel",
    "Place",
    "RankModel",
    "approve",
    "approve_pixels",
    "feature_table",
    "load_detector",
    "load_model",
    "load_net",
    "load_pixel_model",
    "model_kind",
    "place_of",
    "read_features",
    "read_pair",
    "run_pair",
    "save_model",
    "train",
    "train_pixels",
    "write_features",
]
